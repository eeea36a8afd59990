"""All reports by name, in the order of the product's description."""

from __future__ import annotations

from collections.abc import Mapping

from reports.catalogue import data
from reports.catalogue.report import Report

REPORTS: Mapping[str, Report] = {
    report.name: report for report in sorted((*data.REPORTS,), key=lambda report: report.number)
}
