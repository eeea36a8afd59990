"""What the CRM tells of the account: its currency, its components, its clock, whether it could charge a card.

Currency and merchant mode are REST's alone; the same token opens it whatever protocol the connection speaks.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator

from django.utils import timezone

from crm.errors import CrmError, OutcomeUnknown, TransientError
from mappings.checks.context import CheckContext
from mappings.checks.findings import Finding, FindingLevel
from mappings.checks.merchant_mode import UNKNOWN, mode_answer, mode_read
from mappings.checks.protocols import Probe
from mappings.models import Connection

CLOCK_SECONDS = 120
NO_ECOMMERCE = (
    "The key does not reach the account's orders: it has no e-commerce component, or the key may not use it. "
    "Tick Skip Order Creation, or give the key of a user who may see orders."
)
NO_ANSWER = (
    "With placeOrder the CRM's merchant account must be in test mode. Whether it is could not be read: {why} "
    "Orders wait until it can be. No card is ever charged from here."
)


def clock_findings(probes: Iterable[Probe]) -> Iterator[Finding]:
    """Warn where our clock and the CRM's differ by more than two minutes: times of orders would be wrong."""
    ahead = next((probe.ahead_seconds for probe in probes if probe.ahead_seconds is not None), 0.0)
    if abs(ahead) > CLOCK_SECONDS:
        minutes = round(abs(ahead) / 60)
        yield Finding(
            FindingLevel.WARNING,
            "",
            f"Cascader's clock is {minutes} minutes {'ahead of' if ahead > 0 else 'behind'} the CRM's. "
            "Times of orders and tokens go wrong by that: whoever runs Cascader must set its server's clock.",
        )


def ecommerce_findings(context: CheckContext) -> Iterator[Finding]:
    """Ask whether the account has orders at all, unless none are made."""
    if context.crm.probe_ecommerce():
        yield Finding(FindingLevel.OK, "skip_order_creation", "Probed: the key reaches the account's orders.")
    else:
        yield Finding(FindingLevel.ERROR, "skip_order_creation", NO_ECOMMERCE)


def currency_findings(context: CheckContext) -> Iterator[Finding]:
    """Compare the account's currency with the one set, where REST answers to this key."""
    connection = context.connection
    try:
        currency = context.account.over(Connection.Protocol.REST).read_currency()
    except (TransientError, OutcomeUnknown):
        raise
    except CrmError:
        return
    if currency and currency != connection.crm_currency:
        yield Finding(
            FindingLevel.ERROR,
            "crm_currency",
            f"The CRM account's currency is {currency}, but {connection.crm_currency} is set here. Set "
            f"{currency}, so that the right amounts are sent.",
        )
    elif currency:
        yield Finding(FindingLevel.OK, "crm_currency", f"Probed: the CRM account's currency is {currency}.")


def time_zone_findings(context: CheckContext) -> Iterator[Finding]:
    """Compare the account's time zone with the one set, where REST answers to this key, and keep it."""
    connection = context.connection
    try:
        told = context.account.over(Connection.Protocol.REST).read_time_zone()
    except (TransientError, OutcomeUnknown):
        raise
    except CrmError:
        return
    connection.told_time_zone = told
    if connection.pk:
        Connection.objects.filter(pk=connection.pk).update(told_time_zone=told)
    if connection.crm_time_zone and connection.crm_time_zone != told:
        yield Finding(
            FindingLevel.WARNING,
            "crm_time_zone",
            f"The CRM account's time zone is {told}, but {connection.crm_time_zone} is set here, so dates "
            "near midnight differ. Leave it blank to go by the account.",
        )
    else:
        yield Finding(FindingLevel.OK, "crm_time_zone", f"Probed: the CRM account's time zone is {told}.")


def mode_findings(context: CheckContext) -> tuple[list[Finding], str]:
    """What placeOrder would be told of the merchant account, and its mode as read, blank if it was not."""
    connection = context.connection
    if connection.creation_method != Connection.CreationMethod.PLACE_ORDER or connection.skip_order_creation:
        return [], ""
    try:
        mode = mode_read(context.account)
    except CrmError as err:
        sentence = NO_ANSWER.format(why=err.message)
        return [Finding(FindingLevel.WARNING, "creation_method", sentence, unsure=True)], ""
    seen = copy.copy(connection)
    seen.merchant_mode = mode
    answer = mode_answer(seen, timezone.now())
    field = "merchant_test_confirmed" if mode == UNKNOWN else "creation_method"
    return [Finding(FindingLevel.OK if answer.allowed else FindingLevel.ERROR, field, answer.sentence)], mode
