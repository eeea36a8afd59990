"""Who may call: keys and tokens, the app each belongs to, and whether it still works."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.clock import utc_now
from sandbox.shapes import Reader, one_of, read_app, read_members, read_seconds, read_text

SERVICE_KEY, ACCESS_TOKEN, REFRESH_TOKEN = KINDS = ("service_key", "access_token", "refresh_token")
STATES = ("active", "expired", "revoked")


@dataclass
class Credential:
    """`client` is the OAuth client of a token; `state` is what was ordered, time can end it too."""

    number: int
    kind: str
    app: str
    client: str = ""
    expires: datetime | None = None
    ordered: str = "active"

    @property
    def state(self) -> str:
        if self.ordered == "active" and self.expires is not None and self.expires <= utc_now():
            return "expired"
        return self.ordered


class CredentialBook:
    """Secrets are only ever looked up: no answer of the control surface shows one."""

    def __init__(self, keys: frozenset[str], app: str) -> None:
        self._app = app
        self._held: dict[str, Credential] = {}
        for key in sorted(keys):
            self.add(key, SERVICE_KEY, app)

    def add(
        self, secret: str, kind: str, app: str, client: str = "", expires: datetime | None = None
    ) -> Credential:
        self._held[secret] = Credential(len(self._held) + 1, kind, app, client, expires)
        return self._held[secret]

    def find(self, secret: str) -> Credential | None:
        return self._held.get(secret)

    def opens_legacy_door(self, secret: str) -> bool:
        """Only a working key of this very app does: the legacy host is the app's own."""
        held = self.find(secret)
        return held is not None and (held.kind, held.app, held.state) == (SERVICE_KEY, self._app, "active")

    def change(self, wanted: Any) -> int:
        """Add a key, or change how a key, a token or a client's tokens (of one `kind`) stand; gives how many.

        Raises ValueError with what is wrong.
        """
        readers: dict[str, Reader] = {
            "credential": read_text,
            "client": read_text,
            "kind": one_of(*KINDS),
            "app": read_app,
            "state": one_of(*STATES),
            "expires_in": read_seconds,
        }
        found = read_members("a credential", wanted, readers)
        if ("credential" in found) == ("client" in found):
            raise ValueError('name one "credential" (a key or a token), or a "client" for all its tokens')
        if "client" in found:
            kinds = [found["kind"]] if "kind" in found else KINDS
            named = [c for c in self._held.values() if c.client == found["client"] and c.kind in kinds]
        else:
            secret = found["credential"]
            named = [self.find(secret) or self.add(secret, SERVICE_KEY, self._app)]
        for held in named:
            held.app = found.get("app", held.app)
            held.ordered = found.get("state", held.ordered)
            if "expires_in" in found:
                held.expires = utc_now() + timedelta(seconds=found["expires_in"])
        return len(named)

    def as_list(self) -> list[dict[str, Any]]:
        return [
            {"number": c.number, "kind": c.kind, "app": c.app, "client": c.client, "state": c.state}
            for c in self._held.values()
        ]
