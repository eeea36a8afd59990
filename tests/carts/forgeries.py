"""What a forger may try: every small change of a secret, a signature or a body; and what would help him.

for forged in every_mutation(signature):
    assert not platform.authenticate(source, headers(forged), body)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

ADDED = b"0"
SECRET_WORDS = ("secret", "password", "signature", "token", "hmac", "digest", "api_key")


def every_mutation(value: bytes) -> Iterator[bytes]:
    """At every position: the byte changed (its lowest bit, its letter case), taken out, one put in before
    it; and one put in at the end. Each differs from `value`.
    """
    for at in range(len(value)):
        before, byte, after = value[:at], value[at], value[at + 1 :]
        yield before + bytes([byte ^ 0x01]) + after
        yield before + bytes([byte ^ 0x20]) + after
        yield before + after
        yield before + ADDED + value[at:]
    yield value + ADDED


def secrets_compared(code: str) -> list[str]:
    """Comparisons of secrets by `==`, `!=` or `in`, which take longer the more of the guess is right."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Compare) and any(isinstance(op, _TELLING) for op in node.ops):
            sides = [node.left, *node.comparators]
            if any(_is_secret(side) for side in sides) and not any(_is_blank(side) for side in sides):
                found.append(f"line {node.lineno}: {ast.unparse(node)}")
    return found


_TELLING = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)


def _is_secret(side: ast.expr) -> bool:
    """Whether a name in it says so. The length of a secret is none."""
    if isinstance(side, ast.Call) and isinstance(side.func, ast.Name) and side.func.id == "len":
        return False
    names = [node.id for node in ast.walk(side) if isinstance(node, ast.Name)]
    names += [node.attr for node in ast.walk(side) if isinstance(node, ast.Attribute)]
    return any(word in name.lower() for name in names for word in SECRET_WORDS)


def _is_blank(side: ast.expr) -> bool:
    """Whether a secret is set at all may be asked as one likes."""
    return isinstance(side, ast.Constant) and side.value in ("", b"", None)
