"""The shop's own description of its API, read once an hour and process: it is 300 kB and the same all day."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

import requests
from zeep import Client, Settings

from carts.platforms.magento.faults import UNREADABLE, answer_error
from carts.platforms.magento.transport import ShopTransport

KEPT = 30
KEPT_SECONDS = 3600.0

_known: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
_lock = threading.Lock()


class CachingTransport(ShopTransport):
    def _wsdl(self) -> bytes:
        with _lock:
            loaded_at, wsdl = _known.get(self._wsdl_url, (0.0, b""))
        if wsdl and time.monotonic() - loaded_at < KEPT_SECONDS:
            return wsdl
        wsdl = super()._wsdl()
        with _lock:
            _known[self._wsdl_url] = (time.monotonic(), wsdl)
            while len(_known) > KEPT:
                _known.popitem(last=False)
        return wsdl


def wsdl_forget(url: str) -> None:
    """The shop may have changed its settings: read its description again next time."""
    with _lock:
        _known.pop(url, None)


def soap_client(session: requests.Session, url: str, read_seconds: float) -> Client:
    """A client for the API described there. Raises: ShopError."""
    settings = Settings(forbid_dtd=True, forbid_entities=True)
    try:
        transport = CachingTransport(session, url, read_seconds)
        client = Client(url, transport=transport, settings=settings)  # type: ignore[no-untyped-call]
    except UNREADABLE as err:
        wsdl_forget(url)
        raise answer_error(err, "WSDL") from err
    # Only from here on: zeep would also refuse the encoding that every description names. Until here the
    # transport is what lets nothing else be loaded.
    client.settings.forbid_external = True
    return client
