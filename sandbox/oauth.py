"""OAuth 2 as the CRM has it: codes, access tokens, and refresh tokens that work once.

Grants and errors follow RFC 6749; the rotating refresh token and the app in the scope are the CRM's own.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.clock import utc_now
from sandbox.credentials import ACCESS_TOKEN, REFRESH_TOKEN, Credential, CredentialBook
from sandbox.options import Options
from sandbox.shapes import Reader, list_of, read_app, read_members, read_seconds, read_text


class GrantRefused(Exception):
    """A token request that is refused: its status, RFC 6749's error word and a sentence."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.status = status


@dataclass(frozen=True)
class Client:
    """Without registered addresses any http or https one may be redirected to."""

    id: str
    secret: str = field(repr=False)
    redirect_uris: Sequence[str] = ()

    def may_redirect_to(self, uri: str) -> bool:
        return uri in self.redirect_uris or (
            not self.redirect_uris and uri.startswith(("http://", "https://"))
        )


CLIENT: dict[str, Reader] = {"id": read_text, "secret": read_text, "redirect_uris": list_of(read_text)}
CLIENTS = list_of(lambda name, given: Client(**read_members("a client", given, CLIENT, ("id", "secret"))))


@dataclass(frozen=True)
class Code:
    client: str
    app: str
    redirect_uri: str
    expires: datetime


@dataclass
class Chain:
    """All tokens that go back to one consent; only the newest refresh token works."""

    number: int
    client: str
    app: str
    generation: int = 0
    newest: str = field(default="", repr=False)
    issued: list[Credential] = field(default_factory=list)

    def revoke(self) -> None:
        for credential in self.issued:
            credential.ordered = "revoked"


@dataclass
class Lifetimes:
    """Seconds. The vendor's numbers are uncertain; `expires_in` of the reply is what holds."""

    expires_in: float = 86_400
    refresh_expires_in: float = 45 * 86_400
    code_expires_in: float = 600


class OAuthServer:
    """Not locked: it is used inside `Account.run` and `Account.look` only."""

    def __init__(self, book: CredentialBook, app: str, clients: Mapping[str, str]) -> None:
        self._book = book
        self._app = app
        self._clients = {name: Client(name, secret) for name, secret in clients.items()}
        self._lifetimes = Lifetimes()
        self._codes: dict[str, Code] = {}
        self._chains: list[Chain] = []
        self._chain_of: dict[str, Chain] = {}

    def client(self, client_id: str) -> Client | None:
        return self._clients.get(client_id)

    def authenticate(self, client_id: str, secret: str) -> Client:
        client = self._clients.get(client_id)
        if client is None or not hmac.compare_digest(client.secret.encode(), secret.encode()):
            raise GrantRefused("invalid_client", "Client authentication failed", 401)
        return client

    def make_code(self, client: Client, redirect_uri: str, app: str) -> str:
        """A merchant allowed `client` to use `app`: the code that is exchanged for tokens, once."""
        code = secrets.token_urlsafe(16)
        expires = utc_now() + timedelta(seconds=self._lifetimes.code_expires_in)
        self._codes[code] = Code(client.id, app, redirect_uri, expires)
        return code

    def exchange(self, client: Client, code: str, redirect_uri: str) -> tuple[Chain, dict[str, Any]]:
        """Begin a chain. Raises GrantRefused for a code that is unknown, used, late or another's."""
        found = self._codes.pop(code, None)
        if found is None or found.expires <= utc_now():
            raise GrantRefused("invalid_grant", "Invalid authorization code")
        if (found.client, found.redirect_uri) != (client.id, redirect_uri):
            raise GrantRefused("invalid_grant", "The code was issued to another client or redirect_uri")
        chain = Chain(len(self._chains) + 1, client.id, found.app)
        self._chains.append(chain)
        return chain, self._issue(chain)

    def refresh(self, client: Client, token: str, options: Options) -> tuple[Chain, dict[str, Any]]:
        """Give the next pair. Raises GrantRefused for a token that was used, ended or is another client's."""
        chain, held = self._chain_of.get(token), self._book.find(token)
        if chain is None or held is None or chain.client != client.id:
            raise GrantRefused("invalid_grant", "Invalid refresh token")
        if chain.newest != token and options.refresh_reuse == "revoke_chain":
            chain.revoke()
        if chain.newest != token or held.state != "active":
            raise GrantRefused("invalid_grant", "Invalid refresh token")
        if options.refresh_ends_access_token:
            chain.revoke()
        return chain, self._issue(chain)

    def _issue(self, chain: Chain) -> dict[str, Any]:
        access, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        now, lives = utc_now(), self._lifetimes
        ends = now + timedelta(seconds=lives.expires_in), now + timedelta(seconds=lives.refresh_expires_in)
        chain.issued += [
            self._book.add(access, ACCESS_TOKEN, chain.app, chain.client, ends[0]),
            self._book.add(refresh, REFRESH_TOKEN, chain.app, chain.client, ends[1]),
        ]
        chain.newest, chain.generation = refresh, chain.generation + 1
        self._chain_of[refresh] = chain
        return {
            "access_token": access,
            "refresh_token": refresh,
            "token_type": "bearer",
            "expires_in": int(lives.expires_in),
            "scope": f"full|{chain.app}.infusionsoft.com",
        }

    def change(self, wanted: Any) -> None:
        """Register clients and set lifetimes: all or, with a ValueError that says why, nothing."""
        lifetimes: dict[str, Reader] = dict.fromkeys(vars(self._lifetimes), read_seconds)
        found = read_members("the OAuth server", wanted, {**lifetimes, "clients": CLIENTS})
        for client in found.pop("clients", []):
            self._clients[client.id] = client
        for name, seconds in found.items():
            setattr(self._lifetimes, name, seconds)

    def grant_code(self, wanted: Any) -> str:
        """Give a code as if somebody had pressed Allow. Raises ValueError with what is wrong."""
        readers: dict[str, Reader] = {"client": read_text, "redirect_uri": read_text, "app": read_app}
        found = read_members("a consent", wanted, readers, ("client", "redirect_uri"))
        client = self.client(found["client"])
        if client is None or not client.may_redirect_to(found["redirect_uri"]):
            raise ValueError("no such client, or it may not redirect there")
        return self.make_code(client, found["redirect_uri"], found.get("app", self._app))

    def as_dict(self) -> dict[str, Any]:
        """Lifetimes, client names and chains: no secret."""
        chains = [
            {"number": c.number, "client": c.client, "app": c.app, "generation": c.generation}
            for c in self._chains
        ]
        return {**vars(self._lifetimes), "clients": list(self._clients), "chains": chains}
