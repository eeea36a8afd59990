"""The filters of the log, as GET parameters: parsed, checked, and applied to a query."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.utils import timezone

from cascade.engine.kinds import KINDS
from cascade.models import Replication
from intake.models import Source
from logs_ui.log.display import ERROR_CLASSES, STATES
from mappings.models import Connection

ATTENTION = "attention"
PROBLEM = "problem"
NEEDS_A_PERSON = Q(state__in=("failed", "parked")) | Q(state="succeeded", level="error")
WITHIN: dict[str, tuple[str, timedelta]] = {
    "1h": ("Last hour", timedelta(hours=1)),
    "24h": ("Last 24 hours", timedelta(hours=24)),
    "7d": ("Last 7 days", timedelta(days=7)),
    "30d": ("Last 30 days", timedelta(days=30)),
}
PRIMARY = ("q", "kind", "state")


def day_field(label: str) -> forms.DateField:
    """A day that stays a valid moment in every time zone."""
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        validators=[MinValueValidator(date(1970, 1, 2)), MaxValueValidator(date(9000, 1, 1))],
    )


class LogFilters(forms.Form):
    """A value that is not understood is named beside its field and otherwise ignored."""

    use_required_attribute = False

    q = forms.CharField(
        label="Search",
        max_length=320,
        required=False,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "autocomplete": "off",
            }
        ),
    )
    kind = forms.ChoiceField(label="Kind", required=False)
    state = forms.ChoiceField(label="Status", required=False)
    level = forms.ChoiceField(
        label="Level",
        required=False,
        choices=[
            ("", "Any level"),
            (PROBLEM, "Warning or error"),
            ("warning", "Warning"),
            ("error", "Error"),
            ("info", "Neither"),
        ],
    )
    error = forms.ChoiceField(
        label="Kind of error", required=False, choices=[("", "Any kind"), *ERROR_CLASSES.items()]
    )
    connection = forms.TypedChoiceField(label="Connection", required=False, coerce=int, empty_value=None)
    source = forms.TypedChoiceField(label="Shop", required=False, coerce=int, empty_value=None)
    within = forms.ChoiceField(
        label="Came in",
        required=False,
        choices=[("", "Any time"), *((key, label) for key, (label, _) in WITHIN.items())],
    )
    since = day_field("From")
    until = day_field("To")

    def __init__(
        self, data: Any, *, connections: Iterable[Connection], sources: Iterable[Source], **kwargs: Any
    ) -> None:
        super().__init__(data, auto_id="filter-%s", **kwargs)
        searched = ", ".join(word for kind in KINDS.values() for word in kind.searched)
        self.fields["q"].widget.attrs["placeholder"] = searched.capitalize()
        self._choose("kind", [("", "Any kind"), *((kind.name, kind.title) for kind in KINDS.values())])
        states = [(key, words.label) for key, words in STATES.items()]
        self._choose("state", [("", "Any status"), (ATTENTION, "Needs a person"), *states])
        self._choose_several("connection", "Any connection", [(row.pk, str(row)) for row in connections])
        self._choose_several("source", "Any shop", [(row.pk, row.name) for row in sources])
        self.is_valid()
        for name in self.errors:
            if name in self.fields:
                attrs = self.fields[name].widget.attrs
                attrs.update({"aria-invalid": "true", "aria-describedby": f"filter-{name}-error"})

    def _choose(self, name: str, choices: list[tuple[Any, str]]) -> None:
        cast("forms.ChoiceField", self.fields[name]).choices = choices

    def _choose_several(self, name: str, anything: str, choices: list[tuple[Any, str]]) -> None:
        """Offer the choice only to who has several."""
        if len(choices) > 1:
            self._choose(name, [("", anything), *choices])
        else:
            del self.fields[name]

    @property
    def active(self) -> dict[str, Any]:
        """The filters that are set and understood."""
        return {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}

    @property
    def search_text(self) -> str:
        return str(self.cleaned_data.get("q") or "")

    @property
    def primary(self) -> list[forms.BoundField]:
        return [self[name] for name in PRIMARY]

    @property
    def secondary(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in PRIMARY]

    @property
    def secondary_active(self) -> int:
        """How many filters are set behind "More filters", the misunderstood ones too."""
        return len((self.active.keys() | self.errors.keys()) - {*PRIMARY})

    def query(self, **more: str | int) -> str:
        """A query string with the filters that are set, and more."""
        values = {name: str(value) for name, value in self.active.items()}
        return "?" + urlencode({**values, **more})

    def apply(self, rows: QuerySet[Replication]) -> QuerySet[Replication]:
        """Narrow the rows by every filter but the search text."""
        for name, value in self.active.items():
            if name in CONDITIONS:
                rows = rows.filter(CONDITIONS[name](value))
        return rows


def of_source(source_id: int) -> Q:
    return Q(source=source_id)


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


CONDITIONS: dict[str, Callable[[Any], Q]] = {
    "kind": lambda value: Q(kind=value),
    "state": lambda value: NEEDS_A_PERSON if value == ATTENTION else Q(state=value),
    "level": lambda value: Q(level__in=("warning", "error") if value == PROBLEM else (value,)),
    "error": lambda value: Q(error_class=value),
    "connection": lambda value: Q(connection=value),
    "source": of_source,
    "within": lambda value: Q(created_at__gte=timezone.now() - WITHIN[value][1]),
    "since": lambda value: Q(created_at__gte=midnight(value)),
    "until": lambda value: Q(created_at__lt=midnight(value + timedelta(days=1))),
}
