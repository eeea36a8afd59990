"""What any platform has to say: who may deliver, which events a delivery holds, and what each tells.

```
Delivery ─► split ─► NativeEvent ─► read ─┬─► a record of a registered type
 or Polled ─────────►                     └─► NotUsed("why")
    └── what `intake.shop_api` reads from the platform's own API
```
A new platform is one new file in the folder `platforms` of an app; the registry finds it by walking that.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from intake.models.sources import Source
from intake.shop_api import Credential, Feed, Shop


class BadPayload(Exception):
    """A payload that cannot be used: a sentence that names the cure, and a detail for us."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What was delivered. `headers` are those of the platform's `kept_headers` that came, in lower case."""

    body: bytes
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class NativeEvent:
    """One event of a delivery, in the shop's own words; `name` (at most 60 characters) is kept with it."""

    name: str
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class NotUsed:
    """An event that changes nothing here, with the sentence that says why."""

    reason: str


class Platform(ABC):
    """A kind of shop, booking page or form. Its methods are pure: they write nothing and send no requests."""

    name: ClassVar[str]
    title: ClassVar[str]
    takes_hooks: ClassVar[bool] = True
    signs: ClassVar[bool] = False  # deliveries are signed with a secret of the source, not with a password
    signing_field: ClassVar[str] = "signing_secret"  # which of the source's secrets that is
    takes_unsigned: ClassVar[bool] = False  # as long as a source has no signing secret
    kept_headers: ClassVar[tuple[str, ...]] = ()  # in lower case; none that holds a secret
    delivery_id_header: ClassVar[str] = ""  # in lower case; same id, same body: same delivery
    credentials: ClassVar[tuple[Credential, ...]] = ()  # what asking the shop's API needs
    feeds: ClassVar[tuple[Feed, ...]] = ()  # what is read from it regularly
    subject: ClassVar[str] = "order"  # what it tells of, and what is read from its API by an id
    called: ClassVar[str] = "shop"  # what pages call it in the middle of a sentence
    refresh_id_help: ClassVar[str] = "the order's number"  # where a person finds that id

    def is_greeting(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether a delivery only tries the address: it is answered and not stored, signed or not."""
        return False

    def authenticate(self, source: Source, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the delivery comes from the shop: HTTP basic authentication, if the source asks for it.

        `headers` are looked up whatever their case.
        """
        if not source.basic_user:
            return True
        scheme, _, encoded = headers.get("Authorization", "").partition(" ")
        user, password = b"", b""
        if scheme.lower() == "basic":
            with suppress(binascii.Error, ValueError):
                user, _, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        same_user = hmac.compare_digest(user, source.basic_user.encode())
        same_password = hmac.compare_digest(password, source.basic_password.encode())
        return same_user and same_password

    @abstractmethod
    def split(self, source: Source, delivery: Delivery) -> list[NativeEvent]:
        """The events of a delivery, unread. Raises: BadPayload if not even that can be told."""

    @abstractmethod
    def read(self, source: Source, event: NativeEvent, received_at: datetime) -> object:
        """What an event tells: a record of a type that is registered (`RecordType`), or NotUsed.

        `received_at` is for those that send no times. Raises: BadPayload.
        """

    def reach(self, source: Source) -> Shop:
        """The shop's API, to be closed after use; opens no connection yet.

        Raises: ShopRefused if a credential is missing or cannot be meant.
        """
        raise TypeError(f"{self.title} has no API that is asked")

    def may_ask(self, source: Source) -> bool:
        """Whether the shop's API can be asked: there is one, and all its credentials are given."""
        return bool(self.credentials) and all(
            getattr(source, credential.field) for credential in self.credentials if credential.required
        )

    def test_delivery(self, source: Source, now: datetime) -> tuple[bytes, dict[str, str]] | None:
        """The body and headers of a delivery as the platform would make it, of an unpaid test order or a test
        booking, signed with the source's own secrets; None for a platform that takes no deliveries.
        """
        return None


def signed_with(secrets: Sequence[str], body: bytes, signature: str, *, as_hex: bool = False) -> bool:
    """Whether it is the body's HMAC-SHA256, in base64 or hex, under one of the secrets, in constant time."""
    given = signature.strip().encode(errors="replace")
    digests = [hmac.digest(secret.encode(), body, "sha256") for secret in secrets if secret]
    made = [digest.hex().encode() if as_hex else base64.b64encode(digest) for digest in digests]
    matches = [hmac.compare_digest(one, given) for one in made]
    return any(matches)
