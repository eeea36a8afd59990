"""Where the facts about the CRM are uncertain and two answers are plausible: one switch each.

add_to_group_again       false (default) | true: the reply of addToGroup for a tag already there
title_in_description     true (default) | false: a line's title goes to OrderItem.ItemDescription, and
                         ItemName is the product's name; off: the title goes to ItemName
invoice_description      true (default) | false: createBlankOrder's text is in Invoice.Description too
invoice_date             "now" (default) | "order_date": what Invoice.DateCreated holds
long_text                "accept" (default) | "fault": text above 255 characters in an ordinary column
four_byte_text           "keep" (default) | "fault": characters outside the basic plane, such as emoji
argument_types           "lenient" (default) | "exact": whether a digit string passes for an int and an
                         int for a double
contact_lengths          "refuse" (default) | "accept": text on a contact beyond the lengths of the vendor's
                         OpenAPI file
unknown_affiliate        "none" (default) | "fault": createBlankOrder with an affiliate that does not exist
                         makes the order without it (infusionsoft-php issue 259), or is refused
job_moves_invoice        false (default) | true: Invoice.ContactId follows a change of Job.ContactId
query_underscore         true (default) | false: `_` stands for any one sign in a query value that has a `%`
limit_above_1000         "clamp" (default) | "fault": DataService.query asked for more than 1000 rows
find_by_field_wildcard   true (default) | false: `%` in the value of DataService.findByField
datetime_in_query        "compare" (default) | "nothing": a dateTime (not text) as a query value
blank_names_match        true (default) | false: in a duplicate check, two absent names or companies
                         are equal
currency                 "USD" (default) | any three capitals: the account's currency, to whose smallest
                         unit amounts are rounded
placed_order_title       "fixed" (default: "Online Order") | "product" (the first one's name) | "none":
                         the title placeOrder gives its Job
repeated_ids             "quantity" (default) | "lines": a product id named twice in placeOrder is one line
                         of quantity 2, or two lines
unknown_promo_code       "ignore" (default) | "fault": a promo code placeOrder does not know
goal_flow                "array" (default) | "untyped": flowStart and flowStop of a goal that was reached
                         are empty arrays, or empty values without a type
unknown_action_set       "fault" (default) | "empty": runActionSequence with an id that does not exist
merge_fills_blanks       true (default) | false: a merged contact's values fill the survivor's blanks
ecommerce                "open" (default) | "denied" | "absent": an account without the e-commerce component
                         refuses its tables and services with fault 7 (REST: 403), or has no such services
rest_lists               "replace" (default) | "merge": a list given in a v2 PATCH, or in a POST or PUT that
                         meets a duplicate, removes what it does not name, or leaves it
rest_absent_lists        "keep" (default) | "clear": what becomes of a list not given there
rest_contact_members     "basic" (default) | "all": what a v2 contact shows when `fields` is not given
rest_discount_price      "as_given" (default) | "subtracted" | "absolute": a v2 DISCOUNT item lowers the total
                         by a negative price, by a positive one, or by either
rest_title_filter        "order_title" (default) | "title": which title v2's filter `title` reads
rest_created_order       "full" (default) | "bare": whether the reply to a v2 order has totals and items
rest_specials            "codes" (default) | "automatic": whether automatic discounts apply to a REST order
rest_opt_in_again        false (default) | true: v2 makes an address marketable that opted out by hand
rest_list_end            "absent" (default) | "empty": next_page_token of a v2 list's last page
rest_next_page           "token" (default) | "address": next_page_token is a token, or the next page's whole
                         address
rest_region_text         "words" (default) | "accept" | "refuse": a v2 region in words is taken unless it is a
                         number (WP Fusion 3.44.8; integration.keap.com/t/93909), always, or never
v1_tags_reply            "words" (default) | "success" | "empty": v1 answers tagging with a word for each tag,
                         with SUCCESS also for one already there, or with an empty body
rest_unknown_owner       "error" (default) | "refused": v2 answers an owner that does not exist with 500 (as
                         WP Fusion 3.44.4 reports), or with 400
faults                   "named" (default) | "bare": a fault begins with a name in brackets, or has code 0 and
                         speaks of a method that could not be invoked
repeated_upsert          "accept" (default) | "fault": the same addWithDupCheck within five minutes is a
                         fault, and from the third on the first one's id (infusionsoft-php issue 108)
stray_401                false (default) | true: every tenth call at the gateway is refused although its token
                         is valid (infusionsoft-php issue 158)
refresh_reuse            "refuse" (default) | "revoke_chain": a refresh token used again is refused, or also
                         ends all tokens of its consent
refresh_ends_access_token false (default) | true: a refresh ends the access token of the pair before
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args, get_type_hints


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
    v1_tags_reply: Literal["words", "success", "empty"] = "words"
    rest_unknown_owner: Literal["error", "refused"] = "error"
    faults: Literal["named", "bare"] = "named"
    repeated_upsert: Literal["accept", "fault"] = "accept"
    stray_401: bool = False
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
