"""Import the orders of the time before from a CSV file of any size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from carts.ingest.history import BadHistory, orders_import_history
from intake.models.sources import Source


class Command(BaseCommand):
    help = (
        "Import orders that only have to be known, so that new customers can be told from repeat customers. "
        "Nothing of them is sent to the CRM. The CSV file has the columns order_id, email and placed_at, and "
        "may have total, currency and stage. Importing a file again is safe."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="the slug of the source, or its number where slugs repeat")
        parser.add_argument("file", help="the CSV file, in UTF-8")

    def handle(self, *args: Any, **options: Any) -> None:
        text = options["source"]
        sources = Source.objects.filter(slug=text)[:2]
        if not sources and text.isdecimal() and len(text) < 19:
            sources = Source.objects.filter(pk=int(text))[:2]
        if len(sources) > 1:
            raise CommandError(
                f"Several sources are called {text!r}; give the number of the one that is meant."
            )
        if not sources:
            raise CommandError(f"There is no source {text!r}.")
        source = sources[0]
        try:
            with Path(options["file"]).open(encoding="utf-8-sig", errors="replace", newline="") as lines:
                report = orders_import_history(source, lines)
        except OSError as err:
            raise CommandError(f"The file cannot be read: {err}.") from err
        except BadHistory as err:
            raise CommandError(str(err)) from err
        for problem in report.problems:
            self.stderr.write(f"line {problem.line}: {problem.sentence}")
        if report.bad > len(report.problems):
            self.stderr.write(f"… and {report.bad - len(report.problems)} more rows")
        self.stdout.write(
            f"{report.imported} imported, {report.updated} updated, {report.known} known already, "
            f"{report.bad} left out"
        )
