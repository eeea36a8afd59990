"""What an attacker sends: small as it comes, huge as it would be built."""

from __future__ import annotations

import base64
import gzip
import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from openpyxl import Workbook

from tests.carts.shops.magento.samples import wsdl_text

SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRINGS = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"


def lists(size: int) -> bytes:
    return b"[" + b"[]," * (size // 3) + b"[]]"


def packed_hook() -> bytes:
    """As a shop with compressed events sends them."""
    return b'"' + base64.b64encode(gzip.compress(lists(9_900_000), 9)) + b'"'


def plain_hook() -> bytes:
    return lists(1_990_000)


def widest_hook() -> bytes:
    """The most that is still taken: every text four bytes a character, every number a Decimal."""
    row = '{"order_id":"😀","total":1.5,"x":"ab😀"},'.encode()
    return b'{"events":[{"order_create":[' + row * 20_000 + b"1]}]}"


def xml_hook() -> bytes:
    return b"<export><order>" + b'<a b="1"/>' * 190_000 + b"</order></export>"


def workbook() -> bytes:
    """Two million texts that cells could share, 1.7 MB packed."""
    texts = b"".join(b"<si><t>%x</t></si>" % (number * 7919 % 65_536) for number in range(1_900_000))
    file, honest, book = io.BytesIO(), io.BytesIO(), Workbook()
    book.worksheets[0].append(["Item ID", "Goals"])
    book.save(honest)
    with (
        zipfile.ZipFile(honest) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            if name == "[Content_Types].xml":
                part = b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + STRINGS + b'"/></Types>'
                content = content.replace(b"</Types>", part)
            if name != "xl/sharedStrings.xml":
                new.writestr(name, content)
        new.writestr("xl/sharedStrings.xml", f'<sst xmlns="{SPACE}">'.encode() + texts + b"</sst>")
    return file.getvalue()


def csv_line() -> bytes:
    return b"Item ID,Goals\r\n" + b"," * 10_000_000


def soap_answer() -> bytes:
    row = b"<item><increment_id>1</increment_id><store_id>1</store_id><created_at>2026</created_at></item>"
    return (
        b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="urn:Magento"><e:Body>'
        b"<m:salesOrderListResponse><result>" + row * 300_000 + b"</result></m:salesOrderListResponse>"
        b"</e:Body></e:Envelope>"
    )


@contextmanager
def hostile_shop() -> Iterator[str]:
    """A shop whose every answer is a bomb: lists where JSON is asked for, orders without end over SOAP."""
    json_bomb, soap_bomb = gzip.compress(lists(29_900_000), 9), gzip.compress(soap_answer(), 9)
    description = gzip.compress(wsdl_text("Magento").encode())
    login = gzip.compress(
        b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="urn:Magento"><e:Body>'
        b"<m:loginResponse><loginReturn>a-session</loginReturn></m:loginResponse></e:Body></e:Envelope>"
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(description if "wsdl" in self.path else json_bomb)

        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._answer(login if b"login" in asked else soap_bomb)

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
