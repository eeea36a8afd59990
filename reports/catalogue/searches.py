"""The reports on saved searches: what the CRM's own reports page shows."""

from __future__ import annotations

from reports.catalogue.parameters import SEARCH, SEARCH_FIELDS
from reports.catalogue.report import Report
from reports.catalogue.xmlrpc_calls import Answers, MethodCall, SearchCall, search_of
from reports.columns import Column, ColumnType

AREA = "Saved searches"
DIFFERS = "The saved searches of REST are not read yet."
ID = Column(name="Id", type=ColumnType.ID)

REPORTS = (
    Report(
        name="search-fields",
        number=28,
        title="Search - Available Fields",
        area=AREA,
        says="The columns that a saved search offers.",
        parameters=(SEARCH,),
        columns=(Column(name="Field"), Column(name="Label")),
        key=("Field",),
        xmlrpc=MethodCall(
            method="SearchService.getAllReportColumns",
            params=lambda asked, each: search_of(asked),
            answers=Answers.BY_NAME,
            names=("Field", "Label"),
        ),
        differs=DIFFERS,
    ),
    Report(
        name="search-complete",
        number=29,
        title="Search - Saved Search",
        area=AREA,
        says="All that a saved search finds, with every column that it shows.",
        parameters=(SEARCH,),
        columns=(ID,),
        is_open=True,
        key=("Id",),
        xmlrpc=SearchCall(all_fields=True),
        differs=DIFFERS,
    ),
    Report(
        name="search-partial",
        number=30,
        title="Search - Saved Search New",
        area=AREA,
        says="All that a saved search finds, with the columns that are chosen.",
        parameters=(SEARCH, SEARCH_FIELDS),
        columns_of=lambda arguments: {name: Column(name=name) for name in arguments.get("search_fields", ())},
        key=("Id",),
        xmlrpc=SearchCall(all_fields=False),
        differs=DIFFERS,
    ),
)
