"""What a person says about a range of orders to send: checked here, counted and confirmed first."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from cascade.models import RangeRun
from cascade.shop.ranges import MOST_NUMBERS
from intake.models import Source
from mappings.models import Connection

LONGEST_NUMBER = 100
LONGEST_TEXT = MOST_NUMBERS * (LONGEST_NUMBER + 2)
EARLIEST, LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def _moment_field(label: str) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        required=False,
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        validators=[
            MinValueValidator(EARLIEST),
            MaxValueValidator(LATEST),
        ],
    )


class RangeForm(forms.Form):
    """Offers the connections whose orders the person may resend, and their shops."""

    use_required_attribute = False

    connection = forms.TypedChoiceField(label="Connection", coerce=int)
    source = forms.TypedChoiceField(label="Shop", required=False, coerce=int, empty_value=None)
    placed_from = _moment_field("Placed from")
    placed_before = _moment_field("Placed before")
    numbers = forms.CharField(
        label="Order numbers",
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=f"The shop's numbers, separated by commas, blanks or lines; at most {MOST_NUMBERS:,}.",
    )
    which = forms.ChoiceField(label="Which of them", choices=RangeRun.Which, initial=RangeRun.Which.UNSENT)
    without_automation = forms.BooleanField(
        label="Quiet backfill",
        required=False,
        help_text="Contacts and orders only: no tags, goals or action sets, so no campaign starts for "
        "somebody who bought long ago.",
    )

    def __init__(
        self, data: Any, connections: list[Connection], sources: list[Source], **kwargs: Any
    ) -> None:
        super().__init__(data, auto_id="range-%s", **kwargs)
        self.sources = {row.pk: row for row in sources}
        choices: dict[str, list[tuple[Any, str]]] = {
            "connection": [(row.pk, str(row)) for row in connections],
            "source": [("", "Any shop"), *((row.pk, row.name) for row in sources)],
        }
        for name, rows in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = rows

    def clean_numbers(self) -> list[str]:
        numbers = list(dict.fromkeys(re.split(r"[\s,;]+", self.cleaned_data["numbers"].strip())))
        numbers = [number for number in numbers if number]
        if len(numbers) > MOST_NUMBERS:
            raise forms.ValidationError(
                f"These are {len(numbers):,} numbers. Send at most {MOST_NUMBERS:,} at once."
            )
        if long := next((number for number in numbers if len(number) > LONGEST_NUMBER), None):
            raise forms.ValidationError(f"“{long[:40]}…” is too long to be an order number.")
        return numbers

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        first, end = values.get("placed_from"), values.get("placed_before")
        if first and end and first >= end:
            self.add_error("placed_before", "This is not after the beginning.")
        source = self.sources.get(values.get("source") or 0)
        if source and source.connection_id != values.get("connection"):
            self.add_error("source", "This shop belongs to another connection.")
        if not self.errors and not (first or end or values.get("numbers")):
            raise forms.ValidationError("Give a time, order numbers, or both.")
        return values

    def filters(self) -> dict[str, Any]:
        """The arguments that `range_count` and `range_start` share."""
        names = ("placed_from", "placed_before", "numbers", "which")
        source = self.sources.get(self.cleaned_data["source"] or 0)
        return {"source": source, **{name: self.cleaned_data[name] for name in names}}
