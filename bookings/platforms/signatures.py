"""Signatures that carry their time: `t=<seconds>,<mark>=<hex>` over the time, a dot and the raw body."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from datetime import datetime

from intake.platform import signed_with

TOLERANCE_SECONDS = 300  # a recorded delivery opens nothing later; nor does a clock that runs ahead


def timed_signature_fits(header: str, mark: str, secrets: Sequence[str], body: bytes, now: datetime) -> bool:
    """Whether the header was made over this body with one of the secrets, about now."""
    found = re.fullmatch(rf"t=([0-9]{{1,12}}),{mark}=([0-9a-f]{{64}})", header)
    if found is None or abs(now.timestamp() - int(found[1])) > TOLERANCE_SECONDS:
        return False
    return signed_with(secrets, f"{found[1]}.".encode() + body, found[2], as_hex=True)


def timed_signature(mark: str, secret: str, body: bytes, now: datetime) -> str:
    """The header of a delivery that we make ourselves."""
    moment = int(now.timestamp())
    return f"t={moment},{mark}={hex_signature(secret, f'{moment}.'.encode() + body)}"


def hex_signature(secret: str, body: bytes) -> str:
    return hmac.digest(secret.encode(), body, "sha256").hex()
