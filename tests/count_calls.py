"""`python -m tests.count_calls`: send the reference order in every mode, and write docs/calls.md.

The sandbox counts. Names and custom fields are known by then, as in any account that has sent an order
before.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.reference import Mode
    from tests.sandbox_client import Sandbox

PAGE = Path(__file__).parents[1] / "docs" / "calls.md"
Calls = list[str]
PROTOCOLS = ("xmlrpc", "rest", "automatic")

HEAD = """\
# Calls per order

Written by `python -m tests.count_calls`; a test compares it with what the code does. The sandbox counts the
calls of one reference order: paid, three items, four tags, one goal, eight custom fields of the contact,
one action set (not over REST, which has none), no opt-in, no coupon. Names, ids and custom fields are known
by then. A returning buyer is one whose contact data did not change; tags are always sent, because campaigns
remove trigger tags so that they can fire again.

No read is made but the total check (over REST the CRM tells the total when it makes the order) and, over
REST, the one that keeps the contact's lists whole.

| mode | new buyer | at most | returning buyer | at most |
|---|---|---|---|---|
"""


def counted(sandbox: Sandbox, mode: Mode) -> tuple[Calls, Calls]:
    """The calls for a new buyer and for the same one again."""
    from tests.reference import Reference

    sandbox.reset()
    reference = Reference(sandbox, mode)
    reference.send("1000", email="first@example.com")
    return reference.send("1001"), reference.send("1002")


BOOKINGS = """
# Calls per booking

A booking with host and page, of a customer whom the CRM does not have and of one whom it has; then
the same booking moved and called off. Default settings; the tags of the lifecycle are there by then.

| mode | new contact | known contact | moved | called off |
|---|---|---|---|---|
"""


def bookings_counted(sandbox: Sandbox, protocol: str) -> dict[str, Calls]:
    """The calls for each piece of news."""
    from bookings.booking_data import Actor, News
    from bookings.models.settings import booking_settings_create
    from tests.bookings.agenda import START, Agenda, booking_data, told
    from tests.cascade.conftest import Shop
    from tests.factories import ConnectionFactory, SourceFactory

    sandbox.reset()
    connection = ConnectionFactory(api_key=sandbox.key, protocol=protocol)
    source = SourceFactory(connection=connection, slug=f"talks-{protocol}", platform="oncehub")
    settings = booking_settings_create(source)
    settings.all_hosts = True
    settings.save()
    agenda = Agenda(Shop(sandbox, connection, source), source)
    before = booking_data(email="before@example.com")
    moved = booking_data(starts_at=START + timedelta(days=1), ends_at=None)
    for minute, news in enumerate((News.SCHEDULED, News.RESCHEDULED, News.CANCELED)):
        agenda.take(told(news, minute, "B-0", booking=before))
        agenda.drive()
    counts: dict[str, Calls] = {}
    for name, news in (
        ("new contact", told(News.SCHEDULED, 10, "B-1")),
        ("known contact", told(News.SCHEDULED, 11, "B-2")),
        ("moved", told(News.RESCHEDULED, 12, "B-3", replaces="B-2", booking=moved)),
        ("called off", told(News.CANCELED, 13, "B-3", actor=Actor.CUSTOMER, booking=moved)),
    ):
        seen = len(sandbox.calls())
        agenda.take(news)
        agenda.drive()
        counts[name] = [call["method"] for call in sandbox.calls()[seen:]]
    return counts


def bookings_report(counts: Mapping[str, dict[str, Calls]]) -> str:
    rows = [
        f"| {protocol} | {' | '.join(f'**{len(calls)}**' for calls in told.values())} |\n"
        for protocol, told in counts.items()
    ]
    lists = [
        f"\n## {protocol}: {name}\n\n"
        + "\n".join(f"{number}. `{call}`" for number, call in enumerate(calls, start=1))
        + "\n"
        for protocol, told in counts.items()
        for name, calls in told.items()
    ]
    return BOOKINGS + "".join(rows) + "".join(lists)


def report(counts: Mapping[str, tuple[Calls, Calls]]) -> str:
    from tests.reference import MODES

    rows = [
        f"| {name} | **{len(fresh)}** | {MODES[name].most_calls[0]} "
        f"| **{len(returning)}** | {MODES[name].most_calls[1]} |\n"
        for name, (fresh, returning) in counts.items()
    ]
    lists = [_list(name, fresh, returning) for name, (fresh, returning) in counts.items()]
    return HEAD + "".join(rows) + "".join(lists)


def _list(name: str, fresh: Calls, returning: Calls) -> str:
    spared = list(fresh)
    for call in returning:
        spared.remove(call)
    lines = [f"{number}. `{call}`" for number, call in enumerate(fresh, start=1)]
    words = ", ".join(f"`{call}`" for call in spared) or "none"
    return f"\n## {name}\n\n" + "\n".join(lines) + f"\n\nA returning buyer is spared: {words}.\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CASCADER_DATA_DIR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django

        django.setup()
        from django.conf import settings
        from django.core.management import call_command

        from tests.conftest import NO_LIMITS
        from tests.reference import MODES
        from tests.sandbox_client import Sandbox

        call_command("migrate", verbosity=0)
        settings.CRM_LIMITS = NO_LIMITS
        with Sandbox.start(quota=False) as sandbox:
            settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = sandbox.url
            text = report({name: counted(sandbox, mode) for name, mode in MODES.items()})
            text += bookings_report({name: bookings_counted(sandbox, name) for name in PROTOCOLS})
    PAGE.write_text(text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
