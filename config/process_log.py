"""What the processes write to their logs: a line for a line, and no credential in it."""

from __future__ import annotations

import logging
import re
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

MASK = "[hidden]"
# The token in a hook's address may be the whole credential; OAuth brings its code in a query.
_SECRET = re.compile(r"(/hooks/)[^/\s?\"']+|(\b(?:code|token|state|access_token|refresh_token)=)[^&\s\"']+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


def masked(text: str) -> str:
    return _SECRET.sub(lambda found: f"{found.group(1) or found.group(2)}{MASK}", text)


class OneLine(logging.Formatter):
    """A message is one line, whatever a shop put into it; a traceback's lines are indented."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return masked(_CONTROL.sub(lambda sign: repr(sign.group())[1:-1], super().formatMessage(record)))

    def formatException(self, ei: Any) -> str:
        return "\n".join(f"  {masked(line)}" for line in super().formatException(ei).splitlines())


class WebLogger(Logger):  # type: ignore[misc]
    """gunicorn's, with the same masking in the access log."""

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        atoms: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        for name in ("r", "U", "q", "f"):
            atoms[name] = masked(atoms[name] if name != "q" else f"?{atoms[name] or ''}")
        return atoms
