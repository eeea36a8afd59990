"""Between claim and plan: ask the CRM once for each name the plan needs and we do not know.

`anew` asks even for what is remembered: a person who resends has just changed something. Each raises the
look-up's CrmError; a failed look-up is never an "absent".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from cascade.planning.rules import Names
from crm.contract import Crm
from crm.list_records import CustomField, FieldObject
from mappings.directory.field_cache import ConnectionFieldCache
from mappings.directory.names import Resolution, names_ask, names_resolve
from mappings.models import Connection, DirectoryEntry

# The vendor's OpenAPI file (v2 affiliates): a code begins with a letter, has four signs or more, no blanks.
WELL_FORMED = re.compile(r"^[A-Za-z]\S{3,}$")

Kind = DirectoryEntry.Kind


def tags_gather(
    connection: Connection, crm: Crm, tags: Iterable[str], *, now: datetime, anew: bool = False
) -> Names:
    look_up = names_ask if anew else names_resolve
    return Names(tags=look_up(connection, crm, Kind.TAG, tuple(tags), now=now))


def partners_gather(
    connection: Connection, crm: Crm, codes: Iterable[str], *, now: datetime, anew: bool = False
) -> dict[str, Resolution]:
    look_up = names_ask if anew else names_resolve
    wanted = tuple(codes)
    return look_up(connection, crm, Kind.AFFILIATE, wanted, now=now) if wanted else {}


def custom_fields_gather(
    connection: Connection,
    crm: Crm,
    of: FieldObject,
    wanted: Iterable[str],
    *,
    now: datetime,
    anew: bool = False,
) -> Mapping[str, CustomField]:
    """The custom fields by name, as last read; asked for `anew`, where nobody has read them, and where one
    of `wanted` was not among them a while ago: the merchant may have added it since.
    """
    field_cache = ConnectionFieldCache(connection)
    fields = None if anew else field_cache.custom_fields(of)
    lacks_one = fields is not None and not {field.name for field in fields}.issuperset(wanted)
    if fields is None or (lacks_one and not field_cache.is_fresh(of, now)):
        fields = crm.list_custom_fields(of)
        field_cache.remember_custom_fields(of, fields)
    return {field.name: field for field in fields}


# -- the names of referral partners ---------------------------------------------------------------------


def partner_gone(partner_id: int) -> str:
    return (
        f"The CRM has no referral partner {partner_id} any more, so the order has none. Choose another "
        "one for the affiliate under Affiliate → Contact."
    )


def partner_code(name: str) -> str:
    """An affiliate's id or code as the CRM takes it: one too short or all digits gets "aff" in front."""
    code = "-".join(name.split())
    return code if WELL_FORMED.match(code) else f"aff{code}"
