"""Read a method response piece by piece: tolerant of the CRM's habits, hostile to hostile replies.

Tolerated: untagged strings and `<value/>` (all recorded replies have them), `<nil/>`, vendor prefixes such
as `ex:i8`, unknown type tags and numbers left blank (read as text), untidy characters (`ReplyText`).
Refused: a DTD (so there are no entities), depth, number of elements or amount of text beyond any honest
reply, one endless token. Nothing here recurses, and nothing larger than the limits is ever held.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from decimal import Decimal
from xml.parsers import expat

from crm.http.characters import ILLEGAL, REPLACEMENT
from crm.http.transport import ReplyUnreadable
from crm.values import Value

MAX_DEPTH = 64
MAX_ELEMENTS = 150_000  # a page of 1000 rows with 20 columns has 80,000
MAX_CHARACTERS = 1_000_000
MAX_TOKEN_BYTES = 64 * 1024
FEED_BYTES = 16 * 1024

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

_INTS = frozenset({"i4", "int", "i8", "i1", "i2"})
_DOUBLES = frozenset({"double", "float", "bigdecimal"})
_CONTAINERS = frozenset({"methodResponse", "params", "param", "data", "fault"})
_INT = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_DOUBLE = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_BOOLEANS = {"1": True, "true": True, "0": False, "false": False}


@dataclass(frozen=True, slots=True)
class Result:
    value: Value


@dataclass(frozen=True, slots=True)
class Fault:
    code: int | None
    text: str


@dataclass(slots=True)
class _Node:
    tag: str
    text: list[str] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    members: dict[str, Value] = field(default_factory=dict)
    name: str = ""

    def joined(self) -> str:
        return "".join(self.text)


class ReplyParser:
    """Takes the decoded bytes of one reply and gives its result or fault at the end."""

    def __init__(self) -> None:
        self._text = ReplyText()
        self._expat = expat.ParserCreate("utf-8")
        self._expat.buffer_text = True
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._characters
        self._expat.StartDoctypeDeclHandler = self._refuse_doctype
        self._stack: list[_Node] = []
        self._elements = 0
        self._character_count = 0
        self._fed = 0
        self._root: _Node | None = None
        self._fault: Value | None = None

    def feed(self, data: bytes) -> None:
        for start in range(0, len(data), FEED_BYTES):
            self._parse(self._text.feed(data[start : start + FEED_BYTES]), final=False)

    def close(self) -> Result | Fault:
        self._parse(self._text.feed(b"", final=True), final=True)
        if self._root is None:
            raise ReplyUnreadable("the reply is empty")
        if self._fault is not None:
            if not isinstance(self._fault, dict):
                raise ReplyUnreadable("its fault is not a structure")
            code = self._fault.get("faultCode")
            if isinstance(code, str) and _INT.fullmatch(code.strip()):
                code = int(code)
            text = self._fault.get("faultString")
            return Fault(code if type(code) is int else None, text if isinstance(text, str) else "")
        if len(self._root.values) != 1:
            raise ReplyUnreadable("the reply holds no value")
        return Result(self._root.values[0])

    def _parse(self, text: str, *, final: bool) -> None:
        data = text.encode("utf-8")
        self._fed += len(data)
        try:
            self._expat.Parse(data, final)
        except expat.ExpatError as err:
            reason = expat.errors.messages.get(err.code, "error") if self._fed else "the reply is empty"
            raise ReplyUnreadable(f"not readable as XML: {reason}") from err
        # Expat before 2.6 scans an unfinished token again with every piece: quadratic time, and the whole
        # of it in memory (CVE-2023-52425).
        if self._fed - self._expat.CurrentByteIndex > MAX_TOKEN_BYTES + 2 * FEED_BYTES:
            raise ReplyUnreadable("one piece of its XML is too long")

    def _refuse_doctype(self, *_: object) -> None:
        raise ReplyUnreadable("it carries a document type, which may define entities")

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        self._elements += 1
        if not self._stack and tag != "methodResponse":
            raise ReplyUnreadable(f"it is not an XML-RPC reply but <{tag[:40]}>")
        if len(self._stack) >= MAX_DEPTH:
            raise ReplyUnreadable("it is nested too deeply")
        if self._elements > MAX_ELEMENTS:
            raise ReplyUnreadable("it has too many elements")
        self._stack.append(_Node(tag))

    def _characters(self, data: str) -> None:
        self._character_count += len(data)
        if self._character_count > MAX_CHARACTERS:
            raise ReplyUnreadable("it holds too much text")
        if self._stack:
            self._stack[-1].text.append(data)

    def _end(self, _name: str) -> None:
        node = self._stack.pop()
        if not self._stack:
            self._root = node
            return
        parent = self._stack[-1]
        if node.tag == "value":
            parent.values.append(node.values[-1] if node.values else node.joined())
        elif node.tag == "name":
            parent.name = node.joined()
        elif node.tag == "member":
            parent.members[node.name] = node.values[-1] if node.values else ""
        elif node.tag == "fault":
            self._fault = node.values[-1] if node.values else ""
        elif node.tag in _CONTAINERS:
            parent.values.extend(node.values)
        else:
            parent.values.append(_typed(node))


def _typed(node: _Node) -> Value:
    """Return what a type tag says; a tag we do not know says its text."""
    if node.tag == "struct":
        return node.members
    if node.tag == "array":
        return node.values
    if node.tag == "nil":
        return None
    text = node.joined()
    if not text.strip():
        return text
    if node.tag in _INTS:
        return int(_checked(_INT, text))
    if node.tag in _DOUBLES:
        return Decimal(_checked(_DOUBLE, text))
    if node.tag == "boolean":
        if text.strip().lower() not in _BOOLEANS:
            raise ReplyUnreadable("a boolean is neither 0 nor 1")
        return _BOOLEANS[text.strip().lower()]
    return text


def _checked(pattern: re.Pattern[str], text: str) -> str:
    stripped = text.strip()
    if len(stripped) > 64 or pattern.fullmatch(stripped) is None:
        raise ReplyUnreadable("a number is not a number")
    return stripped


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
