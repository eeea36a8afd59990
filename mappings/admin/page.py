"""The settings page as its templates show it: every field and row with what the last test said of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from mappings.admin.sections import SECTIONS, Section, Table
from mappings.admin.table_formsets import page_key, sought_key
from mappings.admin.tooltips import CRM_CALLS, call_sign
from mappings.checks.findings import FindingLevel
from mappings.panels import PanelLink

StoredFinding = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answers:
    """What the test said at one place: `wrong` is shown as it is, `fine` behind a check mark."""

    place: str = ""
    wrong: Sequence[StoredFinding] = ()
    fine: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.wrong or self.fine)


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownLine:
    line: Any
    answers: Answers


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownRow:
    form: Any
    answers: Answers


@dataclass(frozen=True, kw_only=True, slots=True)
class PageLink:
    """A page of a table; the one that is shown has no address, a gap neither."""

    label: str
    url: str = ""
    is_current: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ElsewhereFinding:
    """A finding about a row that is on another page of its table, and where to see it."""

    finding: StoredFinding
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownTable:
    table: Table
    anchor: str
    formset: Any
    rows: list[ShownRow]
    answers: Answers
    elsewhere: list[ElsewhereFinding]
    pages: list[PageLink]
    call: str
    find_key: str
    sought: str
    count: int

    @property
    def is_long(self) -> bool:
        return bool(self.sought or len(self.pages) > 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownSection:
    section: Section
    lines: list[ShownLine] = field(default_factory=list)
    tables: list[ShownTable] = field(default_factory=list)
    link: PanelLink | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownPage:
    """`panels` are the links that no section shows."""

    sections: list[ShownSection]
    panels: list[PanelLink]

    @property
    def long_tables(self) -> list[ShownTable]:
        return [table for section in self.sections for table in section.tables if table.is_long]


def page_shown(
    fieldsets: Iterable[Any],
    tables: Iterable[Any],
    findings: Iterable[StoredFinding],
    panels: Sequence[PanelLink],
    place: Mapping[str, str],
    *,
    sections: Sequence[Section] = SECTIONS,
    calls: Mapping[str, str] = CRM_CALLS,
) -> ShownPage:
    """Every section with its parts of the admin form; `place` says which rows of the tables are asked for."""
    by_title = {fieldset.name: fieldset for fieldset in fieldsets}
    by_name = {table.formset.prefix: table for table in tables}
    links = {panel.name: panel for panel in panels}
    told: dict[str, list[StoredFinding]] = {}
    for finding in findings:
        told.setdefault(finding["field"], []).append(finding)
    shown = []
    for section in sections:
        link = links.get(section.panel)
        if section.panel and link is None:
            continue
        shown.append(
            ShownSection(
                section=section,
                lines=list(_lines(by_title.get(section.title) or (), told)),
                tables=[
                    _table(
                        table,
                        by_name[table.name],
                        told.get(table.name, []),
                        _Place(place, section.anchor, sections),
                        call_sign(table.name, calls),
                    )
                    for table in section.tables
                    if table.name in by_name
                ],
                link=link,
            )
        )
    homes = {section.panel for section in sections}
    return ShownPage(sections=shown, panels=[panel for panel in panels if panel.name not in homes])


def answers_of(place: str, told: Iterable[StoredFinding]) -> Answers:
    """What was said at one place, which is a name within the page."""
    told = list(told)
    return Answers(
        f"answers-{place}",
        [finding for finding in told if finding["level"] != FindingLevel.OK],
        [finding["sentence"] for finding in told if finding["level"] == FindingLevel.OK],
    )


def _lines(fieldset: Iterable[Any], told: Mapping[str, list[StoredFinding]]) -> Iterator[ShownLine]:
    """The lines of a fieldset, one field each; the input is tied to what is said of it."""
    for line in fieldset:
        name = line.fields[0]
        answers = answers_of(name, told.get(name, []))
        bound = line.form.fields.get(name)
        if answers and bound is not None:
            bound.widget.attrs["aria-describedby"] = answers.place
        yield ShownLine(line=line, answers=answers)


@dataclass(frozen=True, slots=True)
class _Place:
    """Which rows of which tables the page shows, and the section that a table is in."""

    chosen: Mapping[str, str]
    anchor: str
    sections: Sequence[Section]

    def url(self, chosen: Mapping[str, str], table: Table) -> str:
        """This page with other rows of one table; the other tables stay where they are."""
        own = (sought_key(table.name), page_key(table.name))
        others = {
            key: self.chosen[key]
            for section in self.sections
            for other in section.tables
            for key in (sought_key(other.name), page_key(other.name))
            if key in self.chosen and key not in own
        }
        query = {key: value for key, value in {**others, **chosen}.items() if value}
        return f"?{urlencode(query)}#{self.anchor}"


def _table(table: Table, formset: Any, told: Sequence[StoredFinding], place: _Place, call: str) -> ShownTable:
    of_rows = [finding for finding in told if finding.get("row")]
    rows = [ShownRow(form=form, answers=_of_row(form, formset, of_rows)) for form in formset]
    shown = {id(finding) for row in rows for finding in row.answers.wrong}
    page = formset.formset.page
    return ShownTable(
        table=table,
        anchor=place.anchor,
        formset=formset,
        rows=rows,
        answers=answers_of(table.name, [finding for finding in told if not finding.get("row")]),
        elsewhere=[
            ElsewhereFinding(finding=finding, url=place.url({sought_key(table.name): finding["row"]}, table))
            for finding in of_rows
            if finding["level"] != FindingLevel.OK and id(finding) not in shown
        ],
        pages=list(_pages(page, place, table)),
        call=call,
        find_key=sought_key(table.name),
        sought=formset.formset.sought,
        count=page.paginator.count,
    )


def _of_row(form: Any, formset: Any, of_rows: Sequence[StoredFinding]) -> Answers:
    row = form.original
    if row is None or not of_rows:
        return Answers()
    values = {str(getattr(row, name)) for name in formset.opts.fields}
    mine = [finding for finding in of_rows if finding["row"] in values]
    return answers_of(f"{formset.formset.prefix}-{row.pk}", mine)


def _pages(page: Any, place: _Place, table: Table) -> Iterator[PageLink]:
    paginator = page.paginator
    if paginator.num_pages < 2:
        return
    sought = {sought_key(table.name): place.chosen.get(sought_key(table.name), "")}
    for number in paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1):
        if number == page.number:
            yield PageLink(label=str(number), is_current=True)
        elif number == paginator.ELLIPSIS:
            yield PageLink(label=str(number))
        else:
            chosen = {**sought, page_key(table.name): str(number)}
            yield PageLink(label=str(number), url=place.url(chosen, table))
