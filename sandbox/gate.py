"""The gateway's door, the same for XML-RPC and REST: is it open, who is calling, and is there quota left."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from email.message import Message
from urllib.parse import parse_qs

from sandbox.account import Account
from sandbox.credentials import ACCESS_TOKEN, SERVICE_KEY, Credential
from sandbox.limits.quota import Caller
from sandbox.reply import Reply, json_reply

Words = tuple[str, str]
STRAY_EVERY = 10
WRONG_KEY = ("Invalid ApiKey", "oauth.v2.InvalidApiKey")
WRONG_TOKEN = ("Invalid Access Token", "keymanagement.service.invalid_access_token")
EXPIRED_TOKEN = ("Access Token expired", "keymanagement.service.access_token_expired")


@dataclass(frozen=True)
class Admission:
    """`headers` go on every reply of the gateway; a `refusal`, which has them, is sent instead of running
    the call. `app` is the one the credential belongs to.
    """

    headers: dict[str, str]
    refusal: Reply | None
    app: str = ""


def admit(account: Account, headers: Message, query: str, protocol: str) -> Admission:
    """Let one call in, or say why not. Only a call that is let in counts (see the quota's `refused_count`).

    `protocol` is xmlrpc, rest_v1 or rest_v2. Raises NoAnswer where a dead protocol does not answer at all.
    """
    dead = account.brownouts.refusal(protocol, account.epoch)
    if dead is not None:
        return _refused(dead, trace_headers())
    secret, kinds, words = _presented(headers, query if protocol == "xmlrpc" else "")
    held = account.credentials.find(secret)
    if held is None or held.kind not in kinds or held.state != "active":
        late = held is not None and held.kind == ACCESS_TOKEN and held.state == "expired"
        refusal = _unauthorised(EXPIRED_TOKEN if late and ACCESS_TOKEN in kinds else words)
        return Admission(refusal.headers, refusal)
    if account.options.stray_401 and account.calls.count % STRAY_EVERY == 0:
        refusal = _unauthorised(words)
        return Admission(refusal.headers, refusal)
    quota, refusal_429 = account.meter.take(caller_of(account, held))
    given = {"x-keap-tenant-id": f"{held.app}.infusionsoft.com", **quota, **trace_headers()}
    if refusal_429 is not None:
        return _refused(refusal_429, given)
    return Admission(given, None, held.app)


def caller_of(account: Account, held: Credential) -> Caller:
    """Who shares the count: a key has its own, all tokens of an OAuth client have one."""
    if held.kind == SERVICE_KEY:
        return Caller(SERVICE_KEY, f"key {held.number}", held.app)
    return Caller(account.meter.oauth_kind, f"client {held.client}", held.app)


def refuse_credential(headers: Message) -> Reply:
    """Answer a wrong credential in the gateway's words."""
    return _unauthorised(_presented(headers, "")[2])


def trace_headers() -> dict[str, str]:
    return {"x-request-id": str(uuid.uuid4()), "via": "1.1 google"}


def _refused(reply: Reply, headers: dict[str, str]) -> Admission:
    return Admission(headers, replace(reply, headers={**headers, **reply.headers}))


def _unauthorised(words: Words) -> Reply:
    text, error_code = words
    content = {"fault": {"faultstring": text, "detail": {"errorcode": error_code}}}
    return json_reply(401, content, trace_headers())


def _presented(headers: Message, query: str) -> tuple[str, tuple[str, ...], Words]:
    """The credential as sent, the kinds taken in that place, and the words a wrong one is refused with."""
    key = headers.get("X-Keap-API-Key")
    if key is not None:
        return key.strip(), (SERVICE_KEY,), WRONG_KEY
    scheme, _, token = (headers.get("Authorization") or "").partition(" ")
    if scheme.lower() != "bearer":
        token = parse_qs(query).get("access_token", [""])[0]
    return token.strip(), (SERVICE_KEY, ACCESS_TOKEN), WRONG_TOKEN
