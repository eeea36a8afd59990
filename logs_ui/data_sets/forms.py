"""What a person asks for: a report with its parameters, of one connection."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.text import slugify

from mappings.models import Connection, DirectoryRow
from reports.catalogue.registry import REPORTS
from reports.catalogue.report import Kind, Parameter, Report
from reports.catalogue.tables import TABLES
from reports.columns import Column, is_secret
from reports.models import DataSet
from reports.periods import MOST_DAYS_BACK
from reports.query.language import LONGEST_QUERY
from reports.reading.asking import columns_of
from reports.schedule import DAILY
from reports.services import NewDataSet

MOST_PICKED = 500
MOST_IDS = 200
MOST_NAMES, LONGEST_NAME = 300, 100
LARGEST_ID = 2**31 - 1
SCHEDULES = [
    (DAILY, "Every day at 05:00"),
    ("0 5 * * 1", "Every Monday at 05:00"),
    ("0 5 1 * *", "On the first of the month at 05:00"),
    ("", "Only when somebody asks"),
]
NOUNS = {
    "Contact": "contacts",
    "Job": "orders",
    "Lead": "opportunities",
    "ContactGroup": "tags",
    "ContactGroupAssign": "tags of contacts",
    "ContactAction": "tasks, notes, appointments",
    "RecurringOrder": "subscriptions",
}


class ReportForm(forms.Form):
    """Which report, of which connection, on which table: what the rest of the form depends on."""

    use_required_attribute = False

    connection = forms.TypedChoiceField(label="Connection", coerce=int)
    report = forms.ChoiceField(label="Report")
    table = forms.ChoiceField(label="Table", required=False)
    searches = forms.CharField(label="Filter Saved Searches", max_length=100, required=False, initial="*")

    def __init__(self, data: Any, connections: list[Connection]) -> None:
        super().__init__(data, auto_id="report-%s")
        areas: dict[str, list[tuple[str, str]]] = {}
        for report in REPORTS.values():
            areas.setdefault(report.area, []).append((report.name, report.title))
        tables = [(name, f"{name} ({NOUNS[name]})" if name in NOUNS else name) for name in TABLES]
        self._choose("connection", [(row.pk, str(row)) for row in connections])
        self._choose("report", list(areas.items()))
        self._choose("table", tables)

    def _choose(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


class DataSetForm(forms.Form):
    """The parameters of one report, each only where it applies, and what every data set has."""

    use_required_attribute = False

    name = forms.CharField(label="Name", max_length=100)
    slug = forms.CharField(
        label="Short name",
        max_length=40,
        required=False,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9-]*$", "Small letters, digits and hyphens.")],
        help_text="Part of the address for programs. Blank makes one of the name.",
    )
    mode = forms.ChoiceField(label="Each run", choices=DataSet.Mode, initial=DataSet.Mode.REPLACE)
    cron = forms.ChoiceField(label="When", required=False, choices=SCHEDULES, initial=DAILY)
    own_cron = forms.CharField(
        label="Or as a cron expression",
        max_length=100,
        required=False,
        help_text="Minute, hour, day, month, weekday, in the time zone of the CRM account.",
    )

    def __init__(
        self,
        data: Any,
        connection: Connection,
        report: Report,
        table: str,
        searches: list[tuple[str, str]] | None = None,
    ) -> None:
        super().__init__(data, auto_id="set-%s")
        self.connection, self.report, self.table = connection, report, table
        self.searches = searches or []
        fixed: dict[str, Any] = {"table": table} if report.parameter(Kind.TABLE) else {}
        self.known: dict[str, Column] = columns_of(connection, report, fixed)
        fields: dict[str, forms.Field] = {}
        for parameter in report.parameters:
            if parameter.kind is not Kind.TABLE:
                fields |= self._fields(parameter)
        own = {name: self.fields.pop(name) for name in list(self.fields)}
        self.fields |= {"name": own.pop("name"), **fields, **own}
        if data is None:
            self.fields["name"].initial = f"{report.title}{f' {table}' if table else ''}"[:100]

    @property
    def parameter_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in self.base_fields]

    @property
    def common_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name in self.base_fields and name != "name"]

    def wanted(self) -> NewDataSet:
        """What a valid form asks for."""
        values = self.cleaned_data
        arguments: dict[str, Any] = {"table": self.table} if self.report.parameter(Kind.TABLE) else {}
        for parameter in self.report.parameters:
            if parameter.kind is Kind.PERIOD:
                arguments[parameter.name] = self._period()
            elif parameter.kind is Kind.SEARCH:
                search, _, user = values[parameter.name].partition("/")
                arguments[parameter.name] = {"id": int(search), "user": int(user)}
            elif parameter.kind not in (Kind.TABLE, Kind.FIELDS):
                arguments[parameter.name] = values[parameter.name]
        return NewDataSet(
            connection=self.connection,
            report=self.report.name,
            name=values["name"],
            slug=values["slug"] or slugify(values["name"])[:40].strip("-") or "data-set",
            arguments=arguments,
            columns=list(values.get("fields", [])),
            mode=values["mode"],
            cron=values["own_cron"].strip() or values["cron"],
        )

    def _period(self) -> dict[str, Any]:
        found = {name: self.cleaned_data.get(name) for name in period_fields()}
        return {
            name: str(value) if isinstance(value, date) else value
            for name, value in found.items()
            if value != ""
        }

    def _fields(self, parameter: Parameter) -> Mapping[str, forms.Field]:
        common: dict[str, Any] = {
            "label": parameter.label,
            "help_text": parameter.help,
            "required": parameter.required,
        }
        match parameter.kind:
            case Kind.QUERY:
                widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "code"})
                return {
                    parameter.name: forms.CharField(
                        max_length=LONGEST_QUERY, widget=widget, strip=True, **common
                    )
                }
            case Kind.FIELDS:
                choices = [
                    (name, f"{name}: {column.label}" if column.label else name)
                    for name, column in self.known.items()
                ]
                widget_many = forms.CheckboxSelectMultiple
                return {
                    parameter.name: forms.MultipleChoiceField(choices=choices, widget=widget_many, **common)
                }
            case Kind.PERIOD:
                return period_fields()
            case Kind.SEARCH:
                return {parameter.name: forms.ChoiceField(choices=self.searches, **common)}
            case Kind.NAMES:
                return {parameter.name: NamesField(**common)}
            case Kind.EMAIL:
                return {parameter.name: forms.EmailField(max_length=320, **common)}
            case Kind.IDS | Kind.TAGS:
                return {parameter.name: self._ids(parameter, common)}
            case _:
                return {parameter.name: forms.IntegerField(min_value=1, max_value=LARGEST_ID, **common)}

    def _ids(self, parameter: Parameter, common: dict[str, Any]) -> forms.Field:
        """Chosen from the directory where that holds few enough, else typed."""
        rows = DirectoryRow.objects.filter(connection=self.connection, kind=parameter.pick).order_by("name")
        listed = list(rows.values_list("crm_id", "name")[: MOST_PICKED + 1]) if parameter.pick else []
        if 0 < len(listed) <= MOST_PICKED:
            choices = [(id, f"{name or 'Without a name'} ({id})") for id, name in listed]
            return forms.TypedMultipleChoiceField(choices=choices, coerce=int, **common)
        return IdsField(**common)


def period_fields() -> dict[str, forms.Field]:
    """One day or a range, each a date or so many days back, in the words of the product's description."""
    kinds = [("specific", "Specific date"), ("relative", "Days back from today")]

    def choice(label: str, choices: list[tuple[str, str]]) -> forms.Field:
        return forms.ChoiceField(label=label, choices=choices)

    def day(label: str) -> forms.Field:
        return forms.DateField(
            label=label, required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        )

    def days(label: str) -> forms.Field:
        return forms.IntegerField(label=label, required=False, min_value=0, max_value=MOST_DAYS_BACK)

    return {
        "duration": choice("Duration", [("date", "One day"), ("range", "A range of days")]),
        "report_date": choice("Report Date", kinds),
        "date": day("Select Specific Date"),
        "days_back": days("Days Back"),
        "start_kind": choice("Start Date", kinds),
        "start_date": day("Select Specific Start Date"),
        "start_days": days("Days Back to Start From"),
        "end_kind": choice("End Date", kinds),
        "end_date": day("Select Specific End Date"),
        "end_days": days("Days Back to End At"),
    }


class NamesField(forms.CharField):
    """Names of columns with commas between."""

    def clean(self, value: Any) -> list[str]:
        names = [name.strip() for name in str(super().clean(value)).split(",") if name.strip()]
        if len(names) > MOST_NAMES or any(len(name) > LONGEST_NAME for name in names):
            raise forms.ValidationError(f"At most {MOST_NAMES} names of {LONGEST_NAME} characters.")
        if secret := next((name for name in names if is_secret(name)), None):
            raise forms.ValidationError(f"{secret} holds a secret and is not read.")
        return list(dict.fromkeys(names))


class IdsField(forms.CharField):
    """Ids with commas or blanks between."""

    def clean(self, value: Any) -> list[int]:
        words = re.split(r"[\s,;]+", str(super().clean(value)).strip())
        words = [word for word in words if word]
        if not all(word.isascii() and word.isdigit() and 0 < int(word) <= LARGEST_ID for word in words):
            raise forms.ValidationError("Enter ids: digits with commas between.")
        if len(words) > MOST_IDS:
            raise forms.ValidationError(f"Enter at most {MOST_IDS} ids.")
        return sorted({int(word) for word in words})
