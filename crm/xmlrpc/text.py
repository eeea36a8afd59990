"""The characters XML 1.0 knows, on the way out and on the way in.

The CRM answers UTF-8, but data with emoji has produced replies that strict XML parsers refuse
(infusionsoft-php issue 339). A Java server can write such a character as two surrogate halves, raw or as
number references; both are put together again. What stays illegal becomes U+FFFD, so that one odd name
does not make a whole reply unreadable.
"""

from __future__ import annotations

import codecs
import re

from crm.http.characters import ILLEGAL, REPLACEMENT

_SURROGATE = re.compile("[\ud800-\udfff]")
_REFERENCES = re.compile(r"(?:&#(?:[xX][0-9a-fA-F]{1,6}|[0-9]{1,7});)+")
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,6})|([0-9]{1,7}));")
# What must wait for the next piece: a reference cut in half (with a first half before it), or the first
# half of a surrogate pair, D800 to DBFF, as a reference or raw.
_FIRST_HALF = r"&#(?:[xX][dD][89aAbB][0-9a-fA-F]{2}|5529[6-9]|55[3-9]\d\d|56[0-2]\d\d|563[01]\d);"
_UNFINISHED = re.compile(rf"(?:{_FIRST_HALF})?&[#\w]{{0,8}}\Z|{_FIRST_HALF}\Z|[\ud800-\udbff]\Z")
_TAIL = 24


def _join_surrogates(text: str) -> str:
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _repair_references(match: re.Match[str]) -> str:
    points = [int(hexa, 16) if hexa else int(plain) for hexa, plain in _REFERENCE.findall(match.group())]
    text = _join_surrogates("".join(chr(p) if p <= 0x10FFFF else REPLACEMENT for p in points))
    legal = ILLEGAL.sub(REPLACEMENT, text)
    return "".join(f"&#{ord(character)};" for character in legal)


def _decode_leniently(error: UnicodeError) -> tuple[str, int]:
    """Read three bytes of a surrogate half as that half, and any other bad byte as U+FFFD."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    half = error.object[error.start : error.start + 3]
    if len(half) == 3 and half[0] == 0xED and half[1] & 0xE0 == 0xA0 and half[2] & 0xC0 == 0x80:
        return half.decode("utf-8", "surrogatepass"), error.start + 3
    return REPLACEMENT, error.end


codecs.register_error("crm.lenient", _decode_leniently)


class ReplyText:
    """Turns the bytes of a reply, piece by piece, into text a strict parser accepts."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("crm.lenient")
        self._held = ""
        self._begun = False

    def feed(self, data: bytes, *, final: bool = False) -> str:
        text = self._held + self._decoder.decode(data, final)
        self._held = ""
        if not self._begun:
            text = text.lstrip("\ufeff \t\r\n")  # a proxy's blank line is no reason to lose a reply
            self._begun = bool(text)
        if not final:
            unfinished = _UNFINISHED.search(text, max(0, len(text) - _TAIL))
            if unfinished is not None:
                self._held = text[unfinished.start() :]
                text = text[: unfinished.start()]
        return ILLEGAL.sub(REPLACEMENT, _join_surrogates(_REFERENCES.sub(_repair_references, text)))
