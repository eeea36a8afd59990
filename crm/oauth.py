"""The vendor's OAuth 2: the address a person is sent to, and the token endpoint.

A refresh token works once: each renewal issues a new pair (infusionsoft-php, and the vendor's forum). So a
renewal is a write like any other: sent once, and a lost reply is an unknown outcome.
"""

from __future__ import annotations

import json
import re
import time
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from crm.credentials import GATEWAY_URL, app_name_is_valid
from crm.errors import (
    ConfigurationError,
    CredentialsRejected,
    CrmError,
    NotSent,
    OutcomeUnknown,
    Throttled,
)
from crm.http.observe import Call, CallObserver, CallOutcome
from crm.http.session import check_session, new_session
from crm.http.transport import Reply, ReplyUnreadable, Transport
from crm.shapes import ShapeRefused, json_check

AUTHORIZE_URL = "https://accounts.infusionsoft.com/app/oauth/authorize"  # the developer portal's
APP_SUFFIX = ".infusionsoft.com"
SETTING = "credentials"
LARGEST_REPLY = 20_000
LONGEST_LIFE_SECONDS = 366 * 24 * 3600.0
LIFE_IF_UNSAID_SECONDS = 3600.0
_TOKEN = re.compile(r"[\x21-\x7e]{1,4000}", re.ASCII)
_GRANT_WORDS = re.compile(r"invalid_grant|invalid_?refresh_?token|refresh_?token_?expired", re.IGNORECASE)
_CLIENT_WORDS = re.compile(r"invalid_client|unauthorized_client|invalid_?client_?id", re.IGNORECASE)


class GrantRefused(CredentialsRejected):
    """The code or refresh token is used, expired or revoked: only a person can connect anew."""


class ClientRefused(ConfigurationError):
    """The vendor does not know this installation's client id and secret."""


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """This installation, as registered with the vendor."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenPair:
    """`app` is the one the scope names, or empty; an empty `refresh_token` means that the old one stays."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    life_seconds: float
    app: str


def authorize_url(client_id: str, *, redirect_uri: str, state: str, url: str = AUTHORIZE_URL) -> str:
    """The page on which a person lets this installation into an app."""
    query = {
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": "full",
        "state": state,
    }
    return f"{url}?{urlencode(query)}"


class TokenEndpoint:
    """Asks for tokens: one POST each, sent once, redirects refused, nothing secret told to the observer.

    Raises: GrantRefused, ClientRefused; NotSent and Throttled if surely nothing was issued; OutcomeUnknown
    if a pair may have been issued that never arrived.
    """

    def __init__(
        self,
        client: OAuthClient,
        *,
        gateway_url: str = GATEWAY_URL,
        observer: CallObserver | None = None,
        connect_timeout_seconds: float = 5.0,
        read_timeout_seconds: float = 60.0,
    ) -> None:
        self._client = client
        self._url = f"{gateway_url.rstrip('/')}/token"
        self._observer = observer
        self._timeout = (connect_timeout_seconds, read_timeout_seconds)

    def exchange(self, code: str, redirect_uri: str) -> TokenPair:
        """Turn the code of a person's consent into tokens. Repeat: not safe, a code works once."""
        form = {
            "grant_type": "authorization_code",
            "client_id": self._client.client_id,
            "client_secret": self._client.client_secret,
            "code": code,
            "redirect_uri": redirect_uri,
        }
        pair = self._ask("connect", form, None)
        if not pair.refresh_token:
            raise OutcomeUnknown(_UNREADABLE, detail="no refresh token", label="token-reply")
        return pair

    def refresh(self, refresh_token: str) -> TokenPair:
        """Turn a refresh token into a new pair. Repeat: not safe, the token works once."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._ask("renew_tokens", form, (self._client.client_id, self._client.client_secret))

    def _ask(self, operation: str, form: dict[str, str], basic: tuple[str, str] | None) -> TokenPair:
        call = Call(
            operation=operation,
            method="POST /token",
            protocol="oauth",
            writes=True,
            request=json.dumps({"grant_type": form["grant_type"]}),
        )
        if self._observer is not None:
            self._observer.sending(call)
        reply: Reply[bytes] = Reply()
        started_at, clock = datetime.now(UTC), time.perf_counter()
        error: CrmError | None = None
        try:
            return self._post(form, basic, reply)
        except CrmError as err:
            error = err
            raise
        finally:
            if self._observer is not None:
                outcome = CallOutcome(
                    call=call,
                    started_at=started_at,
                    duration_ms=round((time.perf_counter() - clock) * 1000),
                    http_status=reply.http_status,
                    response=error.detail if error else "tokens, not recorded",
                    error_class=error.error_class if error else "",
                    error=error.message if error else "",
                )
                self._observer.finished(outcome)

    def _post(self, form: dict[str, str], basic: tuple[str, str] | None, reply: Reply[bytes]) -> TokenPair:
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        if basic is not None:
            headers["Authorization"] = "Basic " + b64encode(":".join(basic).encode()).decode()
        with new_session() as session:
            check_session(session, self._url)
            transport = Transport(
                session,
                headers,
                connect_timeout_seconds=self._timeout[0],
                read_timeout_seconds=self._timeout[1],
            )
            transport.send("POST", self._url, urlencode(form).encode(), reply, _Body)
        if reply.problem in NEVER_LEFT:
            raise NotSent(
                "The CRM could not be reached to renew the authorisation. It is tried again automatically.",
                detail=reply.problem,
            )
        if reply.problem or reply.content is None:
            raise OutcomeUnknown(_LOST, detail=reply.problem, label="token-reply-lost")
        if reply.http_status == 200:
            try:
                json_check(reply.content, most_tokens=1000, most_depth=20)
                content = json.loads(reply.content)
            except (ShapeRefused, ValueError) as err:
                raise OutcomeUnknown(_UNREADABLE, detail="no JSON", label="token-reply") from err
            if not isinstance(content, dict):
                raise OutcomeUnknown(_UNREADABLE, detail="no JSON object", label="token-reply")
            access, refresh = content.get("access_token"), content.get("refresh_token") or ""
            if not _is_token(access) or (refresh and not _is_token(refresh)):
                raise OutcomeUnknown(_UNREADABLE, detail="no usable token", label="token-reply")
            return TokenPair(
                access_token=str(access),
                refresh_token=str(refresh),
                life_seconds=_life(content.get("expires_in")),
                app=app_of_scope(content.get("scope")),
            )
        raise _refusal(reply, reply.content.decode("utf-8", "replace"))


class _Body:
    """The whole body, which is small."""

    def __init__(self) -> None:
        self._data = b""

    def feed(self, data: bytes) -> None:
        self._data += data
        if len(self._data) > LARGEST_REPLY:
            raise ReplyUnreadable("it is too large")

    def close(self) -> bytes:
        return self._data


NEVER_LEFT = ("no-address", "no-connection", "no-tls")
_UNREADABLE = "The CRM answered the renewal of the authorisation in a way that cannot be used."
_LOST = "The CRM's answer to the renewal of the authorisation was lost."


def _refusal(reply: Reply[bytes], text: str) -> CrmError:
    status, detail = reply.http_status or 0, f"HTTP {reply.http_status}: {text[:300]}"
    if status == 429:
        return Throttled(
            "The CRM takes no more calls at this moment. It is tried again automatically.",
            detail=detail,
            retry_after_seconds=reply.retry_after_seconds,
        )
    if status >= 500:
        return OutcomeUnknown(_LOST, detail=detail, label="token-server-error")
    if _CLIENT_WORDS.search(text) or (status == 401 and not _GRANT_WORDS.search(text)):
        return ClientRefused(
            "The CRM does not know this installation of Cascader: its client id or secret is wrong. Tell "
            "whoever runs it; KEAP_CLIENT_ID and KEAP_CLIENT_SECRET must be corrected.",
            detail=detail,
            setting=SETTING,
            label="oauth-client",
        )
    if _GRANT_WORDS.search(text):
        return GrantRefused(
            "The CRM no longer accepts the authorisation of this connection. Press “Connect with Keap” on "
            "the settings page.",
            detail=detail,
            setting=SETTING,
            label="oauth-grant",
        )
    return ConfigurationError(
        "The CRM refused to issue an authorisation. Press “Connect with Keap” on the settings page; if it "
        "happens again, tell whoever runs Cascader.",
        detail=detail,
        setting=SETTING,
        label="oauth-refused",
    )


def _is_token(value: Any) -> bool:
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def _life(value: Any) -> float:
    """Seconds; the reply's word counts, within reason."""
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return LIFE_IF_UNSAID_SECONDS
    return min(max(seconds, 0.0), LONGEST_LIFE_SECONDS) if seconds == seconds else LIFE_IF_UNSAID_SECONDS


def app_of_scope(scope: Any) -> str:
    """The app in a scope such as `full|ab123.infusionsoft.com`; empty if it names none."""
    if not isinstance(scope, str):
        return ""
    host = scope.rpartition("|")[2].strip().lower()
    name = host.removesuffix(APP_SUFFIX)
    return name if host.endswith(APP_SUFFIX) and app_name_is_valid(name) else ""
