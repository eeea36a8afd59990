"""A Magento shop to ask: PHP's own SOAP server on loopback, over real descriptions of the API.

Its folder holds the description it hands out (`public.wsdl`), the same without the import that PHP would have
to fetch (`own.wsdl`), what it knows (`data.json`), how it behaves (`plan.json`) and what it was asked
(`calls.jsonl`).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.carts.shops.magento.samples import OLDER_API, RECORDED, older_order, recorded, wsdl_text
from tests.carts.shops.magento.wsi import wsi_wsdl

USER, KEY = "cascader", "a-long-api-key"
DIALECTS = ("Magento", "OpenMage", "WS-I")
_IMPORT = re.compile(r"<(?:\w+:)?import [^>]*soap/encoding/[^>]*/>")
PLAN: dict[str, Any] = {
    "user": USER,
    "key": KEY,
    "wsi": False,
    "session_calls": 1_000_000,
    "denied": [],
    "faults": {},
    "hurt": [],
    "most_rows": None,
}


class MagentoShopServer:
    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.data: dict[str, dict[str, Any]] = {
            kind: {} for kind in ("orders", "rows", "shipments", "customers")
        }
        self._plan = dict(PLAN)

    def speaks(self, dialect: str) -> None:
        """One of `DIALECTS`."""
        wsi = dialect == "WS-I"
        text = wsi_wsdl(wsdl_text("Magento"), "Magento") if wsi else wsdl_text(dialect)
        self.describes(text)
        (self.folder / "own.wsdl").write_text(_IMPORT.sub("", text))
        self.plan(wsi=wsi)

    def describes(self, text: str) -> None:
        (self.folder / "public.wsdl").write_text(text)

    def plan(self, **changes: Any) -> None:
        self._plan |= changes
        _write(self.folder / "plan.json", self._plan)

    def knows(
        self, order: dict[str, Any], row: dict[str, Any] | None = None, *shipments: dict[str, Any]
    ) -> None:
        """Have an order and its shipments. Without a row of its own the list tells what the order does."""
        key = order["increment_id"]
        self.data["orders"][key] = order
        self.data["rows"][key] = row or {
            name: value for name, value in order.items() if not isinstance(value, dict | list)
        }
        self.data["shipments"] |= {shipment["increment_id"]: shipment for shipment in shipments}
        _write(self.folder / "data.json", self.data)

    def knows_customer(self, customer: dict[str, Any]) -> None:
        self.data["customers"][str(customer["customer_id"])] = customer
        _write(self.folder / "data.json", self.data)

    def knows_the_recorded(self) -> None:
        rows = {row["increment_id"]: row for row in recorded("salesOrderList")}
        for order_id in RECORDED:
            shipment = recorded(f"salesOrderShipmentInfo_{order_id}")
            self.knows(recorded(f"salesOrderInfo_{order_id}"), rows[order_id], shipment)
        self.knows_customer(recorded("customerCustomerInfo_1"))

    def knows_the_older(self) -> None:
        """What the older API told of them, as this one would."""
        for order_id in OLDER_API:
            self.knows(_present(older_order(order_id)))

    def calls(self, operation: str = "") -> list[dict[str, Any]]:
        path = self.folder / "calls.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        found = [json.loads(line) for line in lines]
        return [call for call in found if operation in ("", call["operation"])]


@contextmanager
def magento_server(folder: Path) -> Iterator[MagentoShopServer]:
    """A shop of original Magento 1 that knows nothing yet."""
    port = _free_port()
    shop = MagentoShopServer(folder, f"http://127.0.0.1:{port}")
    shop.speaks("Magento")
    _write(folder / "data.json", shop.data)
    php = shutil.which("php") or "php"
    router = Path(__file__).with_name("router.php")
    with (folder / "php.log").open("wb") as log:
        process = subprocess.Popen(
            [php, "-S", f"127.0.0.1:{port}", str(router)],
            env={**os.environ, "SHOP_FOLDER": str(folder)},
            stdout=log,
            stderr=log,
        )
        try:
            _wait_for(port, process)
            yield shop
        finally:
            process.kill()
            process.wait()


def _present(value: Any) -> Any:
    """Without what is null, as SOAP answers are."""
    if isinstance(value, dict):
        return {key: _present(item) for key, item in value.items() if item is not None}
    return [_present(item) for item in value] if isinstance(value, list) else value


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value))


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError("PHP did not answer")
