"""Whether orders may be placed: placeOrder wants the CRM's merchant account in test mode.

The mode is read over REST with the same token, whatever protocol the connection speaks. No card is ever
charged from here, so a live account costs nobody money: its orders wait for the setting to be cured.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crm.errors import ConfigurationError, PermanentError
from crm.records import MerchantMode
from mappings.access.open import Account
from mappings.models import Connection

TEST, LIVE, UNKNOWN = MerchantMode.TEST.value, MerchantMode.LIVE.value, "unknown"
ALLOWED_KEPT_FOR = timedelta(hours=1)
FORBIDDEN_KEPT_FOR = timedelta(minutes=5)  # so that a cure is seen soon
CONFIRMED_FOR = timedelta(days=30)
SETTING = "orders"

IS_TEST = "The CRM's merchant account is in test mode."
IS_LIVE = (
    "The CRM's merchant account is live, and placeOrder is for accounts whose merchant account is in test "
    "mode. No card was or will be charged from here. Put the merchant account into test mode in the CRM "
    "(E-Commerce, Merchant Accounts), or choose addBlankOrder, which works in any mode."
)
NOT_VERIFIABLE = (
    "placeOrder needs the CRM's merchant account in test mode, and whether it is cannot be read with this "
    "key."
)
TICK = (
    "Look it up in the CRM (E-Commerce, Merchant Accounts) and tick “I have checked today that the merchant "
    "account is in test mode” under Creation Method, or choose addBlankOrder. No card is ever charged from "
    "here."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ModeAnswer:
    """Whether placeOrder may be used; `setting` is the section of the settings page that cures a no."""

    allowed: bool
    sentence: str
    setting: str = SETTING


def merchant_mode_check(account: Account, now: datetime) -> ModeAnswer:
    """Answer from what was last read, or read anew: after an hour if it allowed, after five minutes if not.

    Repeat: safe. Raises: TransientError or OutcomeUnknown if the CRM gave no answer.
    """
    connection = account.connection
    known = mode_answer(connection, now)
    kept_for = ALLOWED_KEPT_FOR if known.allowed else FORBIDDEN_KEPT_FOR
    read_at = connection.merchant_mode_at
    if connection.merchant_mode and read_at is not None and now - read_at < kept_for:
        return known
    mode_store(connection, mode_read(account), now)
    return mode_answer(connection, now)


def mode_answer(connection: Connection, now: datetime) -> ModeAnswer:
    """What the mode last read and the person's confirmation say together. Asks nobody."""
    if connection.merchant_mode == TEST:
        return ModeAnswer(allowed=True, sentence=IS_TEST)
    if connection.merchant_mode == LIVE:
        return ModeAnswer(allowed=False, sentence=IS_LIVE)
    confirmed_at = connection.merchant_test_confirmed_at
    if confirmed_at is None:
        return ModeAnswer(allowed=False, sentence=f"{NOT_VERIFIABLE} {TICK}")
    ends_at = confirmed_at + CONFIRMED_FOR
    if now > ends_at:
        aged = f"It was last confirmed on {confirmed_at:%Y-%m-%d}, more than {CONFIRMED_FOR.days} days ago."
        return ModeAnswer(allowed=False, sentence=f"{NOT_VERIFIABLE} {aged} {TICK}")
    return ModeAnswer(
        allowed=True,
        sentence=f"A person confirmed on {confirmed_at:%Y-%m-%d} that the CRM's merchant account is in test "
        f"mode; that holds until {ends_at:%Y-%m-%d}.",
    )


def mode_read(account: Account) -> str:
    """Ask the CRM: "test", "live", or "unknown" where REST does not answer to this key. Writes nothing.

    Repeat: safe. Raises: TransientError or OutcomeUnknown if there was no answer.
    """
    try:
        return account.over(Connection.Protocol.REST).read_merchant_mode().value
    except (ConfigurationError, PermanentError):
        return UNKNOWN


def mode_store(connection: Connection, mode: str, now: datetime) -> None:
    """Keep what was read with the connection. Repeat: safe."""
    connection.merchant_mode, connection.merchant_mode_at = mode, now
    Connection.objects.filter(pk=connection.pk).update(merchant_mode=mode, merchant_mode_at=now)
