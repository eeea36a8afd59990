"""UltraCart's XML postback, the older channel: the same order, brought into the shape of the JSON one.

Schema of the XML: `export` > `order`, in practice one; one about a subscription has `auto_order` instead.
Element names, codes and flags are those of the fixtures in github.com/TrialGuides (ultracart_xml_parser,
ultracart_integration).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring, tostring

from carts.platforms.ultracart.envelope import MAX_EVENTS
from carts.platforms.ultracart.postback_fields import (
    COUPON_ROWS,
    ITEM_ROWS,
    OPTION_ROWS,
    ORDER_ROWS,
    TRANSACTION_ROWS,
    Row,
)
from crm.shapes import ShapeRefused, XmlRefused, xml_check
from intake.platform import BadPayload, NativeEvent

XML_ORDER, XML_SUBSCRIPTION = "xml_order", "xml_auto_order"
MAX_DEPTH = 20
MAX_ELEMENTS = 100_000
TIERS = range(1, 6)  # of affiliates: who sent the order, then who recruited them

_BEFORE_XML = b"\xef\xbb\xbf \t\r\n"


def is_postback(body: bytes) -> bool:
    return body.lstrip(_BEFORE_XML).startswith(b"<")


def postback_open(body: bytes) -> list[NativeEvent]:
    """Each order of a postback by itself. Raises: BadPayload if the whole is unreadable."""
    root = _root(body)
    orders = _orders(root)
    if len(orders) > MAX_EVENTS:
        raise BadPayload(f"The XML holds {len(orders)} orders; at most {MAX_EVENTS} are taken at once.")
    if len(orders) == 1:
        return [NativeEvent(name=XML_ORDER, body=body)]
    if orders:
        return [NativeEvent(name=XML_ORDER, body=tostring(order)) for order in orders]
    if any(_tag(element) == "auto_order" for element in (root, *root)):
        return [NativeEvent(name=XML_SUBSCRIPTION, body=body)]
    raise BadPayload(
        f"The XML holds no order: it begins with the element {_tag(root)[:60]!r}. UltraCart's postback is an "
        "export with an order in it."
    )


def postback_order(body: bytes) -> dict[str, Any]:
    """The first order of a postback as the JSON has it. Raises: BadPayload, which names the element."""
    orders = _orders(_root(body))
    if not orders:
        raise BadPayload("The XML holds no order.")
    order = orders[0]
    values = _values(order)
    shaped = _shaped(values, ORDER_ROWS)
    lists = {
        "items": _items(order),
        "coupons": [_shaped(_values(coupon), COUPON_ROWS) for coupon in _named(order, "coupon")],
        "affiliates": [
            {"affiliate_oid": oid, **({"sub_id": sub_id} if sub_id else {})}
            for tier in TIERS
            if (oid := values.get(f"tier_{tier}_affiliate_oid"))
            for sub_id in (values.get(f"tier_{tier}_affiliate_sub_id"),)
        ],
    }
    shaped.update({key: entries for key, entries in lists.items() if entries})
    # One element is on record; several of them, or several numbers in one, are taken too.
    told = (element.text or "" for element in _named(order, "shipping_tracking_number"))
    if numbers := [number for text in told for part in re.split("[,;\n]", text) if (number := part.strip())]:
        shaped.setdefault("shipping", {})["tracking_numbers"] = numbers
    transactions = [
        _shaped(_values(detail), TRANSACTION_ROWS)
        for details in _named(order, "transaction_details")
        for detail in _named(details, "transaction_detail")
    ]
    if transactions:
        shaped.setdefault("payment", {})["transactions"] = transactions
    return shaped


# -- the tree -------------------------------------------------------------------------------------------


def _root(body: bytes) -> Element:
    """Parse within bounds, without DTDs, entities or anything from elsewhere."""
    body = body.lstrip(_BEFORE_XML)
    try:
        with suppress(XmlRefused):  # then it is refused below, with words for it
            xml_check([body], most_elements=MAX_ELEMENTS, most_depth=MAX_DEPTH)
        root = fromstring(body, forbid_dtd=True)
    except ShapeRefused as err:
        raise BadPayload("The XML is larger or nested deeper than an order can be.", str(err)) from err
    except DefusedXmlException as err:
        raise BadPayload("The XML holds a document type or entities; no order needs them.", str(err)) from err
    except (ParseError, LookupError, ValueError) as err:
        raise BadPayload(f"The delivery begins like XML but cannot be read: {err}.") from err
    return root


def _orders(root: Element) -> Sequence[Element]:
    return [root] if _tag(root) == "order" else list(_named(root, "order"))


def _tag(element: Element) -> str:
    """In small letters: `Country_of_origin` occurs (fixture items.xml)."""
    return str(element.tag).rpartition("}")[2].lower()


def _named(parent: Element, name: str) -> Iterator[Element]:
    return (child for child in parent if _tag(child) == name)


def _values(parent: Element) -> dict[str, str]:
    """The texts of an element's children, and of what stands within a group such as `auto_order`, by name.

    Of several of one name the first that is not blank counts.
    """
    found: dict[str, str] = {}
    for child in parent:
        name = _tag(child)
        for part in (child, *child):
            own = _tag(part)
            key = name if part is child else own if own.startswith(f"{name}_") else f"{name}_{own}"
            if value := (part.text or "").strip():
                found.setdefault(key, value)
    return found


# -- the order ------------------------------------------------------------------------------------------


def _shaped(values: dict[str, str], rows: Iterable[Row]) -> dict[str, Any]:
    shaped: dict[str, Any] = {}
    for element, path, read in rows:
        value = read(element, values[element]) if element in values else None
        if value is None:
            continue
        *groups, key = path.split(".")
        target = shaped
        for group in groups:
            target = target.setdefault(group, {})
        target.setdefault(key, value)
    return shaped


def _items(order: Element) -> list[dict[str, Any]]:
    """Some accounts count the items from 0, as one of the fixtures does. The JSON counts from 1, and a line
    is
    known by its number.
    """
    items = []
    for element in _named(order, "item"):
        item = _shaped(_values(element), ITEM_ROWS)
        if options := [_shaped(_values(option), OPTION_ROWS) for option in _named(element, "option")]:
            item["options"] = options
        items.append(item)
    if any(item.get("item_index") == 0 for item in items):
        for item in items:
            for key in ("item_index", "parent_item_index"):
                if isinstance(item.get(key), int):
                    item[key] += 1
    return items
