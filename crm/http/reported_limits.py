"""What a reply says of the CRM's limits: its `x-keap-*` headers and Retry-After, bounded."""

from __future__ import annotations

from collections.abc import Mapping

PREFIX = "x-keap-"
RETRY_AFTER = "retry-after"
MAX_HEADERS = 40
MAX_CHARACTERS = 200


def reported_limits(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers by lower-case name: at most 40, names and values cut to 200 characters."""
    told = {name.lower()[:MAX_CHARACTERS]: value[:MAX_CHARACTERS] for name, value in headers.items()}
    named = [(name, value) for name, value in told.items() if name.startswith(PREFIX) or name == RETRY_AFTER]
    return dict(named[:MAX_HEADERS])
