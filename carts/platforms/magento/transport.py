"""How zeep reaches a shop: once per call, only that shop, within bounds, and nothing but SOAP comes back.

zeep's own transport follows redirects, opens files, and reads whatever is sent.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests
from urllib3.exceptions import HTTPError
from zeep.transports import Transport

from crm.shapes import ShapeRefused, xml_check
from intake.polling.http import CONNECT_SECONDS, TOO_LARGE, Answer, answer_check, answer_read, shop_get
from intake.shop_api import AnswerTooLarge, ShopAnswerUnusable, ShopRefused, ShopUnavailable

ENCODING_URL = "http://schemas.xmlsoap.org/soap/encoding/"
ENCODING_SCHEMA = Path(__file__).with_name("soap_encoding.xsd")
MAX_WSDL_BYTES = 2_000_000
MAX_ELEMENTS = 20_000  # with attributes: each takes zeep a kilobyte. A row of an order list has 100
MAX_DEPTH = 40
NO_SOAP = (
    "There is no SOAP API at this address. Enter the base address of the shop as it stands under System → "
    "Configuration → Web, without index.php."
)
_HEAD_BYTES = 4096


class ShopTransport(Transport):
    def __init__(self, session: requests.Session, wsdl_url: str, read_seconds: float) -> None:
        super().__init__(session=session)  # type: ignore[no-untyped-call]
        session.adapters.pop("file://", None)  # zeep mounts it; a description must not read our files
        self._wsdl_url = wsdl_url
        self._read_seconds = read_seconds

    def load(self, url: str) -> bytes:
        """The shop's description of its API, or the encoding it names. Raises: ShopError for all else."""
        if url == self._wsdl_url:
            return self._wsdl()
        if url == ENCODING_URL:
            return ENCODING_SCHEMA.read_bytes()
        raise ShopRefused(
            "The shop's description of its SOAP API refers to another address, which is not followed. Is "
            "this the address of an OpenMage or Magento 1 shop?",
            f"It refers to {url:.200}.",
        )

    def get(self, address: str, params: Any, headers: Any) -> requests.Response:
        raise ShopRefused("The shop's description of its API asks for calls that are not SOAP.")

    def post(self, address: str, message: bytes, headers: Any) -> requests.Response:
        """One call. Raises: ShopError unless a SOAP envelope comes back; a fault is one, with status 500."""
        try:
            with self.session.post(
                address,
                data=message,
                headers=headers,
                timeout=(CONNECT_SECONDS, self._read_seconds),
                allow_redirects=False,
                stream=True,
            ) as response:
                body = answer_read(response)
        except (requests.RequestException, HTTPError, OSError) as err:
            raise ShopUnavailable("The shop did not answer.", type(err).__name__) from err
        if response.status_code not in (200, 500) or b"Envelope" not in body[:_HEAD_BYTES]:
            answer_check(Answer(response.status_code, body, response.headers))
            if response.status_code == 404:
                raise ShopRefused(NO_SOAP, f"HTTP 404: {body[:200]!r}")
            raise ShopAnswerUnusable(
                "The shop answered, but not with SOAP. Is a maintenance page or a firewall in the way?",
                f"HTTP {response.status_code}: it begins {body[:200]!r}.",
            )
        _bounds_check(body)
        response._content = body  # as requests itself does when it reads the whole
        return response

    def _wsdl(self) -> bytes:
        answer = shop_get(self.session, self._wsdl_url)
        if answer.status == 404:
            raise ShopRefused(NO_SOAP, f"HTTP 404: {answer.body[:200]!r}")
        if len(answer.body) > MAX_WSDL_BYTES:
            raise ShopAnswerUnusable(f"The shop's description of its API is over {MAX_WSDL_BYTES} bytes.")
        _bounds_check(answer.body)
        return answer.body


def _bounds_check(body: bytes) -> None:
    """Raises: AnswerTooLarge; XmlRefused."""
    try:
        xml_check([body], most_elements=MAX_ELEMENTS, most_depth=MAX_DEPTH)
    except ShapeRefused as err:
        raise AnswerTooLarge(TOO_LARGE, str(err)) from err
