"""`manage.py secrets_renew`: the second of three steps by which a field key is retired."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mappings.secrets import Renewal, secret_fields, secrets_renew


class Command(BaseCommand):
    help = (
        "Encrypt every stored secret with the first of FIELD_ENCRYPTION_KEYS. To retire a key: put a new one "
        "in front and restart all processes; run this; take the old key out and restart again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing; fail if an older key is still needed"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        told = Renewal()
        for model, field in secret_fields():
            told.add(secrets_renew(model, field, only_count=options["check"]))
        if told.unopened:
            raise CommandError(
                f"{told.unopened} secrets open with none of FIELD_ENCRYPTION_KEYS: put back the key that "
                "made them and run this again, or enter them anew on their pages."
            )
        if options["check"] and told.old:
            raise CommandError(f"{told.old} secrets still need an older key: run this without --check.")
        self.stdout.write(f"Every secret is under the first key; encrypted anew: {told.renewed}.")
