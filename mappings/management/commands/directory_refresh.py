from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from mappings.directory.schedule import KINDS, lists_want
from mappings.directory_reader import directory_refresh
from mappings.models import Connection, DirectoryList

LONGEST_WAIT_SECONDS = 30.0


class Command(BaseCommand):
    help = "Read the CRM's lists (tags, products, users …) of one connection now, to the end."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("connection", type=int, help="id of the connection")
        parser.add_argument("--kind", action="append", choices=KINDS, help="only this list; may be repeated")

    def handle(self, *args: Any, **options: Any) -> None:
        connection = Connection.objects.filter(pk=options["connection"]).first()
        if connection is None:
            raise CommandError(f"There is no connection {options['connection']}.")
        kinds = options["kind"] or KINDS
        lists_want(connection, kinds)
        for listing in DirectoryList.objects.filter(connection=connection, kind__in=kinds):
            self.stdout.write(f"{listing.kind}: {self._read(listing.pk)}")

    def _read(self, list_id: int) -> str:
        while True:
            listing = directory_refresh(list_id)
            if listing is None:
                return "another process reads it at this moment"
            if listing.started_at is None:
                return listing.error or f"{listing.count} read"
            wait = (listing.due_at - timezone.now()).total_seconds()
            if wait > LONGEST_WAIT_SECONDS:
                return f"waits for {wait:.0f} s, the scheduler goes on: {listing.error}"
            time.sleep(max(wait, 0.0))
