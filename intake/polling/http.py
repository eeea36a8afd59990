"""Ask a shop over HTTP: once, within bounds, and only a shop.

The address is a merchant's to give, so it must not lead into the network that we run in: only public
addresses are connected to, each as it was judged, which no name server can talk round. Nothing is sent twice,
no redirect is followed, and an answer is never larger than `MAX_ANSWER_BYTES` unpacked, nor of more parts
than `intake.json_text` allows, nor slower than the time allowed. What we sent to be let in is taken out of
it.
"""

from __future__ import annotations

import ipaddress
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from urllib3.exceptions import HTTPError

from crm.http.bounded import BodyRefused, BodyTooLarge, body_pieces
from crm.http.session import new_session
from intake.json_text import NotJson, TooMuchJson, json_bounds_check, json_read
from intake.shop_api import AnswerTooLarge, ShopAnswerUnusable, ShopRefused, ShopUnavailable

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
MAX_ANSWER_BYTES = 4_000_000
MAX_WAIT_SECONDS = 3600.0
# IPv6 addresses that stand for an IPv4 one (NAT64, 6to4, Teredo, the old compatible form) or for a site's own
# network: what is behind them is not seen.
TRANSLATED = tuple(
    ipaddress.ip_network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "fec0::/10")
)
SECRET_HEADERS = ("X-Shopify-Access-Token", "x-ultracart-simple-key", "API-Key")
SHORTEST_SECRET = 10
MASK = b"[hidden]"
TOO_LARGE = "The shop's answer is larger than any list that was asked for."


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """Raises: ShopAnswerUnusable."""
        try:
            return json_read(self.body)
        except NotJson as err:
            raise ShopAnswerUnusable(
                "The shop answered, but not with what its API promises. Is a maintenance page or a firewall "
                "in the way?",
                f"{err} It begins {self.body[:200]!r}.",
            ) from err


def shop_session() -> requests.Session:
    """A session for one shop; close it after use."""
    session = new_session(peer_check=check_peer)
    session.headers["Accept-Encoding"] = "gzip"  # what we unpack ourselves, within bounds
    return session


def check_address(url: str) -> str:
    """The address without its last slash. Raises: ShopRefused unless it can be a shop's."""
    parts = urlsplit(url.strip())
    plain = settings.SHOP_PRIVATE_ADDRESSES and parts.scheme == "http"
    if not parts.hostname or not (parts.scheme == "https" or plain):
        raise ShopRefused("The address of the shop should begin with https:// and name its host.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ShopRefused("The address of the shop should be plain: no user, password, ? or # in it.")
    return url.strip().rstrip("/")


def check_peer(address: str) -> None:
    """Called with each address of a shop before it is connected to. Raises: OSError for a private one."""
    if settings.SHOP_PRIVATE_ADDRESSES:
        return
    peer = ipaddress.ip_address(address.partition("%")[0])
    peer = getattr(peer, "ipv4_mapped", None) or peer
    if not peer.is_global or peer.is_multicast or any(peer in network for network in TRANSLATED):
        raise OSError("not a public address")


def shop_get(
    session: requests.Session,
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    auth: tuple[str, str] | None = None,
    check: Callable[[Answer], None] | None = None,
) -> Answer:
    """GET once; an answer of 200 or 404 is returned, every other one raised.

    `check` takes the place of `answer_check` where a shop's own words tell more than its status.

    Raises: ShopUnavailable, ShopRefused, ShopAnswerUnusable.
    """
    return _asked(session, "GET", url, check, params=params, headers=headers, auth=auth)


def shop_post(
    session: requests.Session,
    url: str,
    body: Any,
    *,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    check: Callable[[Answer], None] | None = None,
) -> Answer:
    """The same for a question that is asked as a JSON body."""
    return _asked(session, "POST", url, check, params=params, headers=headers, json=body)


def shop_delete(
    session: requests.Session,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    check: Callable[[Answer], None] | None = None,
) -> Answer:
    """Take something of ours away, once."""
    return _asked(session, "DELETE", url, check, headers=headers)


def answer_read(response: requests.Response) -> bytes:
    """The whole body of a streamed answer. Raises: AnswerTooLarge, ShopAnswerUnusable."""
    body = bytearray()
    try:
        for piece in body_pieces(response.raw, response.headers, MAX_ANSWER_BYTES, MAX_ANSWER_BYTES):
            body += piece
    except BodyTooLarge as err:
        raise AnswerTooLarge(TOO_LARGE, f"It is larger than {MAX_ANSWER_BYTES} bytes.") from err
    except BodyRefused as err:
        raise ShopAnswerUnusable("The shop's answer arrived damaged. It is asked again.", f"{err}") from err
    # A shop or a firewall may repeat what the request was let in by: for our log, or for a page. A short
    # secret is left: it could be part of an honest word.
    sent = response.request.headers
    scheme, _, encoded = str(sent.get("Authorization") or "").partition(" ")
    secrets = [*(str(sent.get(name) or "") for name in SECRET_HEADERS), encoded]
    if scheme == "Basic":
        secrets.append(b64decode(encoded).decode(errors="replace").partition(":")[2])
    answered = bytes(body)
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            answered = answered.replace(secret.encode(), MASK)
    return answered


def answer_check(answer: Answer) -> None:
    """Raises: what the status of an answer means for whoever asked, unless it is 200 or 404."""
    status, detail = answer.status, f"HTTP {answer.status}: {answer.body[:200]!r}"
    if status in (200, 404):
        return
    if status == 429:
        raise ShopUnavailable("The shop asks us to wait.", detail, wait_of(answer.headers))
    if status >= 500 or status == 408:
        raise ShopUnavailable("The shop is out of order right now.", detail, wait_of(answer.headers))
    if status in (401, 403):
        raise ShopRefused(
            "The shop refused the credentials. Check them, and that they may read orders, then test again.",
            detail,
        )
    if 300 <= status < 400:
        raise ShopRefused(
            "The shop sends us on to another address. Enter the one that it really has, with https:// and, "
            "where it uses that, www.",
            detail,
        )
    raise ShopAnswerUnusable("The shop did not understand what was asked.", detail)


def wait_of(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by Retry-After, at most an hour."""
    text = (headers.get("Retry-After") or "").strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(seconds, 0.0), MAX_WAIT_SECONDS) if seconds == seconds else None


def _asked(
    session: requests.Session,
    method: str,
    url: str,
    check: Callable[[Answer], None] | None,
    **request: Any,
) -> Answer:
    try:
        with session.request(
            method,
            url,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
            stream=True,
            **request,
        ) as response:
            answer = Answer(response.status_code, answer_read(response), response.headers)
    except (requests.RequestException, HTTPError, OSError) as err:
        raise ShopUnavailable("The shop did not answer.", f"{type(err).__name__}") from err
    (check or answer_check)(answer)
    if answer.body.lstrip()[:1] in (b"[", b"{"):
        try:
            json_bounds_check(answer.body)
        except TooMuchJson as err:
            raise AnswerTooLarge(TOO_LARGE, str(err)) from err
    return answer
