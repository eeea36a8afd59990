"""Whether what the database has committed survives a power cut: a delivery is acknowledged on its word."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connection

_SQLITE_FULL = 2


@register(Tags.database)
def check_durability(
    app_configs: object, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Ask the database itself, as `migrate` and `check --database default` do before a deployment starts."""
    if connection.alias not in (databases or ()):
        return []
    problem, cure = durability_problem()
    if not problem:
        return []
    message = f"A power cut could lose deliveries that were already acknowledged: {problem}."
    return [Warning(message, hint=cure, id="carts.W001")]


def durability_problem() -> tuple[str, str]:
    """What of this process's own connection is not durable, and its cure; two empty texts if all is well."""
    if connection.vendor == "sqlite":
        synchronous, journal = int(_asked("PRAGMA synchronous")), _asked("PRAGMA journal_mode")
        if synchronous >= _SQLITE_FULL and journal == "wal":
            return "", ""
        return (
            f"SQLite runs with synchronous={synchronous} and journal_mode={journal}",
            "Let the database's init_command set journal_mode=WAL and synchronous=FULL, on a local disk.",
        )
    if connection.vendor == "postgresql":
        off = [name for name in ("synchronous_commit", "fsync") if _asked(f"SHOW {name}") == "off"]
        if not off:
            return "", ""
        return (
            f"PostgreSQL runs with {' and '.join(f'{name}=off' for name in off)}",
            "Set it to on for the server, the database and the role of DATABASE_URL.",
        )
    return "", ""


def _asked(question: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return str(cursor.fetchone()[0]).lower()
