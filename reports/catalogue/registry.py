"""All reports by name, in the order of the product's description."""

from __future__ import annotations

from collections.abc import Mapping

from reports.catalogue import affiliates, contacts, data, options, sales, searches
from reports.catalogue.report import Report

REPORTS: Mapping[str, Report] = {
    report.name: report
    for report in sorted(
        (
            *affiliates.REPORTS,
            *contacts.REPORTS,
            *data.REPORTS,
            *options.REPORTS,
            *sales.REPORTS,
            *searches.REPORTS,
        ),
        key=lambda each: each.number,
    )
}
