r"""The text of a cell and what it stands for; every value survives the way out and back unchanged.

Formulas: a text that a spreadsheet would run as a formula is guarded by an apostrophe in front. A text that
looks guarded already gets one more, so taking away one is always right.
Lists: tags are separated by commas, a name that holds a comma or a quotation mark is quoted as in CSV. Goals
are `integration/call name`, separated by `;`, where `\/`, `\;` and `\\` stand for the sign itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from mappings.names import names_join, names_read

LARGEST_ID = 2**31 - 1
MOST_VALUES = 1000
LONGEST_ITEM = 100

Value = tuple[int | str, ...]  # the fields of one mapping's row beside connection and item
_GUARDED = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_TO_ESCAPE = re.compile(r"[\\/;]")


class CellWrong(ValueError):
    """What is wrong with a cell, as a sentence that says what to write instead."""


def guard(text: str) -> str:
    """The text, safe to open in a spreadsheet."""
    return f"'{text}" if _GUARDED.match(text) else text


def unguard(text: str) -> str:
    """The inverse of `guard`."""
    return text[1:] if text.startswith("'") and _GUARDED.match(text) else text


def item_read(text: str) -> str:
    return _text(text, LONGEST_ITEM, "The Item ID")


def product_read(text: str) -> set[Value]:
    return {(_id(text, "CRM product id"),)}


def tags_read(text: str) -> set[Value]:
    try:
        names = names_read(text)
    except ValueError as err:
        raise CellWrong(f"Contact tags: {err}") from err
    return {(_text(name, 200, "A contact tag"),) for name in _bounded(names)}


def tags_write(values: Iterable[Value]) -> str:
    return names_join(str(name) for (name,) in sorted(values))


def action_sets_read(text: str) -> set[Value]:
    return {(_id(part, "action set id"),) for part in _bounded(re.split(r"[\s,;]+", text)) if part}


def action_sets_write(values: Iterable[Value]) -> str:
    """Separated by `; `: a spreadsheet takes 12,345 for one number."""
    return "; ".join(str(number) for (number,) in sorted(values))


def goals_read(text: str) -> set[Value]:
    return {_goal(part) for part in _bounded(_split(text, ";")) if part.strip()}


def goals_write(values: Iterable[Value]) -> str:
    return "; ".join(
        "/".join(_TO_ESCAPE.sub(lambda sign: f"\\{sign.group()}", str(part)) for part in goal)
        for goal in sorted(values)
    )


def folder_read(text: str) -> set[Value]:
    return {(_text(text, 200, "The Folder ID"),)}


def single_write(values: Iterable[Value]) -> str:
    return "".join(str(value) for (value,) in values)


Read = Callable[[str], set[Value]]
Write = Callable[[Iterable[Value]], str]


def _text(text: str, longest: int, what: str) -> str:
    if "\x00" in text:
        raise CellWrong(f"{what} holds a NUL character: remove it.")
    if len(text) > longest:
        raise CellWrong(f"{what} has {len(text)} characters: {longest} are the most.")
    return text


def _id(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 1 <= int(text) <= LARGEST_ID):
        raise CellWrong(
            f"“{text[:40]}” is no {what}: write a whole number from 1 to {LARGEST_ID}, digits only."
        )
    return int(text)


def _bounded(parts: Sequence[str]) -> Sequence[str]:
    if len(parts) > MOST_VALUES:
        raise CellWrong(f"A cell holds {len(parts)} values: {MOST_VALUES} are the most.")
    return parts


def _goal(text: str) -> Value:
    parts = [part.strip() for part in _split(text, "/")]
    if len(parts) != 2 or not all(parts):
        raise CellWrong(
            f"“{text.strip()[:80]}” is no goal: write integration name/call name, several separated by ; and "
            r"with \/ or \; where a name itself holds the sign."
        )
    names = [_text(re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL), 100, "A goal's name") for part in parts]
    return tuple(names)


def _split(text: str, sign: str) -> list[str]:
    """The parts between the signs that no backslash precedes; backslashes stay."""
    parts, start, at = [], 0, 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == sign:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    return [*parts, text[start:]]
