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
limit_above_1000         "clamp" (default) | "fault": DataService.query asked for more than 1000 rows
find_by_field_wildcard   true (default) | false: `%` in the value of DataService.findByField
datetime_in_query        "compare" (default) | "nothing": a dateTime (not text) as a query value
blank_names_match        true (default) | false: in a duplicate check, two absent names or companies
                         are equal
"""

from __future__ import annotations

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
    limit_above_1000: Literal["clamp", "fault"] = "clamp"
    find_by_field_wildcard: bool = True
    datetime_in_query: Literal["compare", "nothing"] = "compare"
    blank_names_match: bool = True

    def change(self, wanted: dict[str, Any]) -> None:
        """Take all of `wanted` or, with a ValueError that says why, nothing."""
        hints = get_type_hints(Options)
        for name, value in wanted.items():
            if name not in hints:
                raise ValueError(f"no option {name!r}; there are: {', '.join(f.name for f in fields(self))}")
            choices = get_args(hints[name]) or (True, False)
            if not any(value is choice or (isinstance(value, str) and value == choice) for choice in choices):
                raise ValueError(f"{name} is one of {choices}")
        for name, value in wanted.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
