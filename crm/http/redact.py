"""Make what is written to the call record readable, bounded and free of secrets.

E-mail addresses and names stay: support needs them, and the record is as protected as the orders are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

MASK = "[hidden]"
CARD_MASK = "[card number]"
MAX_CHARACTERS = 8000
SHORTEST_SECRET = 6  # a shorter "secret" would blank out ordinary words

_TOKENS = re.compile(
    r"KeapAK-[\w.\-]+"  # personal access tokens and service account keys
    r"|(?<![0-9A-Za-z])[0-9A-Fa-f]{32}(?![0-9A-Za-z])"  # legacy private keys
    r"|(?<![\w.\-])eyJ[\w\-]{8,}\.[\w\-]+(?:\.[\w\-]*)?"  # signed tokens
    r"|(?<=bearer )[\w.~+/=\-]{6,}"
    r"|(?:(?<=access_token=)|(?<=refresh_token=))[^&\s\"']+",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.])")


class Redactor:
    """Masks the given secrets and whatever looks like a key, a token or a card number."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({s for s in secrets if len(s) >= SHORTEST_SECRET}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def text(self, text: str, limit: int = MAX_CHARACTERS) -> str:
        """Return the text without secrets, cut to `limit` characters."""
        return _cut(self._mask(text), limit)

    def texts(self, texts: Mapping[str, str]) -> dict[str, str]:
        """The same for each of several texts, by their names."""
        return {name: self.text(text) for name, text in texts.items()}

    def readable(self, value: object, limit: int = MAX_CHARACTERS) -> str:
        """Return a value as compact JSON without secrets, cut to `limit` characters.

        Each scalar is masked whole before anything is cut, so that a cut never leaves half a key.
        """
        parts: list[str] = []
        length = 0
        # Encoded part by part, because `dumps` would build the whole of a large reply before it is cut.
        encoder = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": "), default=_plain)
        for part in encoder.iterencode(value):
            masked = self._mask(part)
            parts.append(masked)
            length += len(masked)
            if length > limit:
                break
        return _cut("".join(parts), limit)

    def _mask(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(MASK, text)
        return _CARD.sub(_mask_card, _TOKENS.sub(MASK, text))


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _mask_card(match: re.Match[str]) -> str:
    digits = [int(c) for c in match.group() if c.isdigit()]
    doubled = [sum(divmod(2 * d, 10)) for d in digits[-2::-2]]
    luhn_holds = (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
    return CARD_MASK if luhn_holds else match.group()
