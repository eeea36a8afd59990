"""An HTTP reply before it is sent, shared by every surface of the sandbox."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sandbox.values import json_default


@dataclass(frozen=True)
class Reply:
    """`cut_at` sends only that many bytes of the body, then closes: the length header still says all."""

    status: int
    body: bytes
    content_type: str
    headers: dict[str, str] = field(default_factory=dict)
    cut_at: int | None = None


def json_reply(status: int, content: Any, headers: dict[str, str] | None = None) -> Reply:
    body = json.dumps(content, default=json_default).encode()
    return Reply(status, body, "application/json", headers or {})
