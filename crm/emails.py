"""Which e-mail addresses are the same person's."""

from __future__ import annotations


def email_key(email: str) -> str:
    """The form in which two addresses are the same person's: trimmed and case-folded."""
    return email.strip().casefold()
