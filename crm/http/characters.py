"""The characters that every protocol of the CRM can carry: those of XML 1.0.

They bound the text over REST too, so that a name or a marker reads the same whichever way it went.
"""

from __future__ import annotations

import re

REPLACEMENT = "\ufffd"
ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """Remove the characters XML 1.0 cannot carry."""
    return ILLEGAL.sub("", text)
