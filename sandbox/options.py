"""Where the facts about the CRM are uncertain and two answers are plausible: one switch each.

What each stands for, and where the doubt comes from, is in docs/sandbox.md.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args, get_type_hints

MOST = 1000


@dataclass
class Options:
    add_to_group_again: bool = False
    title_in_description: bool = True
    invoice_description: bool = True
    invoice_date: Literal["now", "order_date"] = "now"
    long_text: Literal["accept", "fault"] = "accept"
    four_byte_text: Literal["keep", "fault"] = "keep"
    argument_types: Literal["lenient", "exact"] = "lenient"
    contact_lengths: Literal["refuse", "accept"] = "refuse"
    unknown_affiliate: Literal["none", "fault"] = "none"
    job_moves_invoice: bool = False
    query_underscore: bool = True
    limit_above_1000: Literal["clamp", "fault"] = "clamp"
    find_by_field_wildcard: bool = True
    datetime_in_query: Literal["compare", "nothing"] = "compare"
    blank_names_match: bool = True
    currency: str = "USD"
    placed_order_title: Literal["fixed", "product", "none"] = "fixed"
    repeated_ids: Literal["quantity", "lines"] = "quantity"
    unknown_promo_code: Literal["ignore", "fault"] = "ignore"
    goal_flow: Literal["array", "untyped"] = "array"
    unknown_action_set: Literal["fault", "empty"] = "fault"
    merge_fills_blanks: bool = True
    ecommerce: Literal["open", "denied", "absent"] = "open"
    rest_lists: Literal["replace", "merge"] = "replace"
    rest_absent_lists: Literal["keep", "clear"] = "keep"
    rest_contact_members: Literal["basic", "all"] = "basic"
    rest_discount_price: Literal["as_given", "subtracted", "absolute"] = "as_given"
    rest_title_filter: Literal["order_title", "title"] = "order_title"
    rest_created_order: Literal["full", "bare"] = "full"
    rest_specials: Literal["codes", "automatic"] = "codes"
    rest_opt_in_again: bool = False
    rest_list_end: Literal["absent", "empty"] = "absent"
    rest_next_page: Literal["token", "address"] = "token"
    rest_region_text: Literal["words", "accept", "refuse"] = "words"
    appointment_flag: Literal["both", "IsAppointment", "ObjectType"] = "both"
    v1_appointments: Literal["open", "denied", "absent"] = "open"
    v1_appointment_id: bool = True
    v1_appointment_times: Literal["utc", "local"] = "utc"
    v1_appointment_users: Literal["all", "own"] = "all"
    v2_appointment_users: Literal["all", "own", "absent"] = "all"
    company_fields: Literal["added", "only"] = "added"
    v1_tags_reply: Literal["words", "success", "empty", "entries"] = "words"
    rest_unknown_owner: Literal["error", "refused"] = "error"
    faults: Literal["named", "bare"] = "named"
    repeated_upsert: Literal["accept", "fault"] = "accept"
    stray_401: bool = False
    read_lag_reads: int = 0
    read_lag_seconds: float = 0
    refresh_reuse: Literal["refuse", "revoke_chain"] = "refuse"
    refresh_ends_access_token: bool = False

    def change(self, wanted: Any) -> None:
        """Take all of `wanted` or, with a ValueError that says why, nothing."""
        if not isinstance(wanted, dict):
            raise ValueError("options are an object")
        hints = get_type_hints(Options)
        for name, value in wanted.items():
            if name not in hints:
                raise ValueError(f"no option {name!r}; there are: {', '.join(f.name for f in fields(self))}")
            if hints[name] in (int, float):
                if (
                    not isinstance(value, hints[name] | int)
                    or isinstance(value, bool)
                    or not 0 <= value <= MOST
                ):
                    raise ValueError(f"{name} is a number from 0 to {MOST}")
                continue
            if hints[name] is str:
                if not isinstance(value, str) or not re.fullmatch("[A-Z]{3}", value):
                    raise ValueError(f"{name} is three capitals, such as USD")
                continue
            choices = get_args(hints[name]) or (True, False)
            if not any(value is choice or (isinstance(value, str) and value == choice) for choice in choices):
                raise ValueError(f"{name} is one of {choices}")
        for name, value in wanted.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
