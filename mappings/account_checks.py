"""What REST alone can tell of the account: its currency, and whether a card could be charged there.

The same token opens REST whatever protocol the connection speaks.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

from django.conf import settings

from crm.contract import CallObserver, Crm, MerchantMode
from crm.credentials import Credentials
from crm.errors import CrmError
from mappings.connections import crm_connect
from mappings.findings import Finding, Level
from mappings.models import Connection
from mappings.protocol_checks import ANSWER_SECONDS

NOT_VERIFIABLE = (
    "With placeOrder the CRM's merchant account must be in test mode. Whether it is could not be read: {why} "
    "Look it up in the CRM (E-Commerce, Merchant Accounts). No card is ever charged by us."
)
IS_LIVE = (
    "The CRM's merchant account is live. placeOrder is meant for accounts whose merchant account is in test "
    "mode, so that no card can be charged. Choose addBlankOrder, or put the merchant account into test mode."
)


def account_findings(
    connection: Connection, log: CallObserver, credentials: Credentials | None
) -> list[Finding]:
    """Compare the account with the settings; what cannot be asked is said only where it matters."""
    asks_mode = connection.creation_method == Connection.CreationMethod.PLACE_ORDER
    if connection.credential_kind == Connection.CredentialKind.LEGACY_KEY and credentials is None:
        why = "a legacy API key does not open REST."
        return [_unread(why)] if asks_mode else []
    try:
        crm = _over_rest(connection, log, credentials)
        findings = list(_currency(connection, crm))
        return [*findings, *(_mode(crm) if asks_mode else ())]
    except CrmError as err:
        return [_unread(err.message)] if asks_mode else []


def _over_rest(connection: Connection, log: CallObserver, credentials: Credentials | None) -> Crm:
    trial = copy.copy(connection)
    trial.protocol = Connection.Protocol.REST
    seconds = min(ANSWER_SECONDS, settings.CRM_READ_TIMEOUT_SECONDS)
    return crm_connect(trial, log, credentials=credentials, read_timeout_seconds=seconds)


def _currency(connection: Connection, crm: Crm) -> Iterator[Finding]:
    currency = crm.read_currency()
    if currency and currency != connection.crm_currency:
        yield Finding(
            Level.ERROR,
            "crm_currency",
            f"The CRM account's currency is {currency}, but {connection.crm_currency} is set here. Set "
            f"{currency}, so that the right amounts are sent.",
        )


def _mode(crm: Crm) -> Iterator[Finding]:
    if crm.read_merchant_mode() == MerchantMode.LIVE:
        yield Finding(Level.ERROR, "creation_method", IS_LIVE)


def _unread(why: str) -> Finding:
    return Finding(Level.WARNING, "creation_method", NOT_VERIFIABLE.format(why=why))
