from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.demo.data import facts_read


class Command(BaseCommand):
    help = "Print the demo's addresses, log-in and keys as JSON."

    def handle(self, *args: Any, **options: Any) -> None:
        facts = facts_read()
        if facts is None:
            raise CommandError("There is no demo yet: run `make demo` first.")
        self.stdout.write(json.dumps(facts, indent=2))
