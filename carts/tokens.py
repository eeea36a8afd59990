"""Secrets that are looked up: made long, found by their hash."""

from __future__ import annotations

import hashlib
import secrets


def token_new() -> str:
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """SHA-256 is enough for 256 random bits, and a look-up by hash takes the same time for every guess."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
