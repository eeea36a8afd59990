"""`python -m tests.sample_payloads`: every captured payload through its sender's real entrance, as tables.

Starts the whole product with a sandbox CRM, makes a CRM product of every item that the payloads name, and
delivers each file to a source of its own, as its shop would: signed, or served by a SOAP server and asked
for. It waits until all is done and prints what became of each file and how its total compares with the
CRM's; then the same of booking platforms, with the appointment. Ends with 1 if one of them has no outcome, or
a total that differs without a reason.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from tests.carts.shops.magento.samples import OLDER_API, RECORDED
from tests.carts.shops.magento.server import KEY, USER, MagentoShopServer, magento_server
from tests.sample_bookings import bookings_delivered, bookings_look_up, bookings_print
from tests.stack import ROOT, Stack, running_stack, wait_until

SAMPLES = ROOT.parent / "shared" / "sources" / "samples"
SHOPIFY_TOPICS = {
    "orders-paid": "orders/paid",
    "checkouts-update": "checkouts/update",
    "fulfillments-create": "fulfillments/create",
    "customers-update": "customers/update",
}
ITEM_KEYS = {"sku", "merchant_item_id", "item_id", "variant_id", "variation_id", "product_id"}


@dataclass
class Row:
    """One file: how it came in, and what became of it."""

    file: str
    entrance: str
    source: Any
    things: list[str] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    shop_total: str = ""
    crm_total: str = ""
    good: bool = False


def main() -> int:
    with ExitStack() as stacked:
        stack = stacked.enter_context(running_stack(DJANGO_SETTINGS_MODULE="tests.stack_settings"))
        use_database_of(stack)
        products_seed(stack)
        rows = [*delivered(stack), *asked(stacked)]
        bookings = bookings_delivered(stack)
        wait_until(is_idle, seconds=120)
        for row in rows:
            look_up(row, stack)
        bookings_look_up(bookings, stack)
    rows += on_the_way()
    print_table(rows)
    told = {row.file for row in rows}
    missing = [named(path) for path in files("*") if named(path) not in told]
    print(f"\n{len(rows)} files, {sum(row.good for row in rows)} well; not tried: {missing or 'none'}")
    bookings_good = bookings_print(bookings)
    return 0 if rows and not missing and all(row.good for row in rows) and bookings_good else 1


def use_database_of(stack: Stack) -> None:
    """Read the rows of the running product with its own models."""
    os.environ["CASCADER_DATA_DIR"] = str(stack.folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    if stack.database_url:
        os.environ["DATABASE_URL"] = stack.database_url
    import django

    django.setup()


# -- products ---------------------------------------------------------------------------------------------


def products_seed(stack: Stack) -> None:
    """A CRM product for every item that any payload names, so that no line is left out."""
    names = sorted({name for path in files("*") for name in items_of(path)})
    known = {row["ProductName"] for row in stack.sandbox.rows("Product")}
    new = [{"ProductName": name, "ProductPrice": 1, "Status": 1} for name in names if name not in known]
    stack.sandbox.seed(Product=new)


def items_of(path: Path) -> Iterator[str]:
    text = path.read_text()
    if path.suffix == ".json":
        yield from _named(json.loads(text))
    else:
        yield from re.findall(r"<(?:item_id|sku)[^>]*>([^<]+)</", text)


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ITEM_KEYS and item not in (None, "", 0):
                yield str(item)[:100]
            yield from _named(item)
    elif isinstance(value, list):
        for item in value:
            yield from _named(item)


# -- the entrances ----------------------------------------------------------------------------------------


def files(pattern: str) -> list[Path]:
    """The payload files, without schemas, recorded requests and pages for people."""
    found = sorted(path for path in SAMPLES.glob(f"{pattern}/*") if path.suffix in (".json", ".xml"))
    return [path for path in found if ".request." not in path.name]


def delivered(stack: Stack) -> Iterator[Row]:
    for path in files("*"):
        platform = path.parent.name
        if platform != "magento-soap":
            yield deliver(stack, path, platform.removesuffix("-xml"))


def deliver(stack: Stack, path: Path, platform: str) -> Row:
    source = source_of_its_own(path, platform)
    body, headers = as_delivered(path)
    auth = (source.basic_user, source.basic_password)
    if platform in SIGNATURES:
        headers[SIGNATURES[platform]] = signature_of(body, source.signing_secret)
    url = f"{stack.facts['web_url']}/hooks/{source.token}/"
    answer = requests.post(url, data=body, headers=headers, auth=auth, timeout=30)
    answer.raise_for_status()
    return Row(named(path), f"{platform} hook", source)


def signature_of(body: bytes, secret: str) -> str:
    """As both shops that sign do it."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def source_of_its_own(path: Path, platform: str, **fields: Any) -> Any:
    """Payloads of one shop contradict each other: several files tell of the same order in other words."""
    from intake.sources import source_create
    from mappings.models import Connection

    slug = re.sub(r"[^a-z0-9]+", "-", named(path).lower())[-30:].strip("-")
    secrets = {"signing_secret": "a secret"} if platform in SIGNATURES else {}
    basic = {"basic_user": "shop", "basic_password": "a password"} if platform == "ultracart" else {}
    connection = Connection.objects.get()
    return source_create(connection, slug=slug, name=slug, platform=platform, **basic, **secrets, **fields)


EXPLAINED = ("skipped", "failed", "parked")
SIGNATURES = {"shopify": "X-Shopify-Hmac-Sha256", "woocommerce": "X-WC-Webhook-Signature"}


def as_delivered(path: Path) -> tuple[bytes, dict[str, str]]:
    """The file as its shop posts it."""
    body = path.read_bytes()
    if path.suffix == ".xml":
        return body, {"Content-Type": "text/xml"}
    headers = {"Content-Type": "application/json"}
    name = path.stem
    match path.parent.name:
        case "ultracart" if name.startswith("order-"):
            body = json.dumps([{"order_update": json.loads(body)}]).encode()
        case "shopify":
            topic = next((topic for start, topic in SHOPIFY_TOPICS.items() if name.startswith(start)), "")
            headers |= {"X-Shopify-Topic": topic} if topic else {}
        case "woocommerce" if name.startswith(("order", "customer")):
            headers["X-WC-Webhook-Topic"] = f"{name.partition('-')[0]}.updated"
    return body, headers


def asked(stacked: ExitStack) -> Iterator[Row]:
    """Magento's orders, read from PHP's SOAP server, which answers what was recorded."""
    from intake.polling.readings import reading_open

    for shop, name, dialect in MAGENTO:
        folder = Path(stacked.enter_context(TemporaryDirectory(prefix="magento-")))
        server = stacked.enter_context(magento_server(folder))
        server.speaks(dialect)
        shop(server)
        path = SAMPLES / "magento-soap" / name
        access = {"shop_url": server.url, "api_user": USER, "api_secret": KEY}
        source = source_of_its_own(path, "magento", **access)
        reading_open(source, name.partition(".")[0].rpartition("_")[2].rpartition("-")[2])
        yield Row(named(path), f"SOAP server ({dialect})", source)


def _knows_recorded(server: MagentoShopServer) -> None:
    server.knows_the_recorded()


def _knows_older(server: MagentoShopServer) -> None:
    server.knows_the_older()


MAGENTO = (
    *((_knows_recorded, f"salesOrderInfo_{one}.response.xml", "Magento") for one in RECORDED),
    *((_knows_older, f"order-info-{one}.json", "OpenMage") for one in OLDER_API),
)
# What the SOAP server answered on the way to these orders; it ends in no row of its own.
ON_THE_WAY = {
    "login.response.xml": "the session in which the orders were read",
    "salesOrderList.response.xml": "the orders' rows of the list: the coupon comes from there",
    "salesOrderShipmentList.response.xml": "which parcels the orders have",
    "customerCustomerInfo_1.response.xml": "completes the contact of customer 1's order",
    **{f"salesOrderShipmentInfo_{one}.response.xml": f"the parcel of order {one}" for one in RECORDED},
}


def on_the_way() -> Iterator[Row]:
    for path in files("magento-soap"):
        if path.name in ON_THE_WAY:
            yield Row(named(path), "SOAP server", None, outcomes=[ON_THE_WAY[path.name]], good=True)


# -- what became of them ----------------------------------------------------------------------------------


def is_idle() -> bool:
    from django.utils import timezone

    from cascade.engine.selectors import replications_awaiting
    from cascade.models import Replication
    from intake.models import InboundEvent, Reading

    if Reading.objects.filter(state__in=["waiting", "running"]).exists():
        return False
    if InboundEvent.objects.filter(state__in=["stored", "reading"]).exists():
        return False
    open_ones = Replication.objects.filter(state__in=Replication.OPEN)
    return not open_ones.exclude(pk__in=replications_awaiting(timezone.now()).values("pk")).exists()


def look_up(row: Row, stack: Stack) -> None:
    """What the source of the file holds, and what became of it in the CRM."""
    from carts.models import AbandonedCart, Order, Shipment
    from cascade.models import Replication
    from intake.models import InboundEvent

    for event in InboundEvent.objects.filter(source=row.source, state__in=["ignored", "parked"]):
        row.outcomes.append(f"{event.get_state_display().lower()}: {event.problem}")
        row.good = bool(event.problem)
    for model in (Order, AbandonedCart, Shipment):
        for found in model.objects.filter(source=row.source):
            row.things.append(f"{model._meta.verbose_name} {found}")
    for replication in Replication.objects.filter(source=row.source).order_by("id"):
        row.outcomes.append(f"{replication.kind} {replication.state}: {replication.reason}".rstrip(": "))
        row.good = True
    for order in Order.objects.filter(source=row.source).select_related("source"):
        compare(row, order, stack)


def compare(row: Row, order: Any, stack: Stack) -> None:
    """The CRM's total with the shop's; there need be none where the log says why nothing was sent."""
    from cascade.marker import order_marker

    row.shop_total = f"{order.total:.2f}" if order.total is not None else "-"
    invoice = stack.invoices().get(order_marker(order.source.slug, order.shop_order_id, order.number))
    if invoice is None:
        row.good = any(f"order {state}: " in told for told in row.outcomes for state in EXPLAINED)
        return
    row.crm_total = f"{Decimal(str(invoice['InvoiceTotal'])):.2f}"
    row.good = row.crm_total == row.shop_total


def print_table(rows: list[Row]) -> None:
    print("| file | entrance | holds | shop's total | CRM's total | what became of it |")
    print("|---|---|---|---:|---:|---|")
    for row in rows:
        told = "; ".join(dict.fromkeys(row.outcomes)) or "no outcome"
        mark = "" if row.good else "**wrong** "
        holds = ", ".join(row.things)
        cells = (row.file, row.entrance, holds, row.shop_total, row.crm_total, f"{mark}{told}")
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    sys.exit(main())
