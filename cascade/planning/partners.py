"""Which referral partner of the CRM an affiliate of the shop is."""

from __future__ import annotations

import re

# The vendor's OpenAPI file (v2 affiliates): a code begins with a letter, has four signs or more, no blanks.
WELL_FORMED = re.compile(r"^[A-Za-z]\S{3,}$")


def partner_gone(partner_id: int) -> str:
    return (
        f"The CRM has no referral partner {partner_id} any more, so the order has none. Choose another "
        "one for the affiliate under Affiliate → Contact."
    )


def partner_code(name: str) -> str:
    """An affiliate's id or code as the CRM takes it: one too short or all digits gets "aff" in front."""
    code = "-".join(name.split())
    return code if WELL_FORMED.match(code) else f"aff{code}"
