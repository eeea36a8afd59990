"""OAuth 2 on the wire: `POST /token`, and the page where somebody allows a client to use an app."""

from __future__ import annotations

from base64 import b64decode
from email.message import Message
from html import escape
from threading import Event
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sandbox.account import Account, Work
from sandbox.calls import Call
from sandbox.oauth import GrantRefused
from sandbox.reply import Reply, json_reply
from sandbox.shapes import APP_NAME

TOKEN_PATH = "/token"  # noqa: S105 - an address
AUTHORIZE_PATH = "/app/oauth/authorize"
FORM = "application/x-www-form-urlencoded"
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1>{body}</body></html>"""
CONSENT = """<p>The application <b>{client_id}</b> asks for full access to an app of the CRM stand-in.</p>
<form method="post" action="{action}"><p><label>App <input name="app" value="{app}"></label></p>
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button></form>"""


class TokenCall:
    """An operation: one token request, counted by no quota."""

    def __init__(self, account: Account, call: Call, headers: Message, body: bytes) -> None:
        self.account = account
        self.call = call
        self.epoch: Event = account.epoch
        self.call.method = f"POST {TOKEN_PATH}"
        self._basic = _basic(headers.get("Authorization") or "")
        # a body of another type is read as a form without members, and refused in the recorded words
        self._form = _form(body) if headers.get_content_type() == FORM else {}

    def apply(self) -> Reply:
        try:
            content = self.account.run(self.epoch, self.call, self._grant)
        except GrantRefused as refused:
            return _refusal(refused.status, refused.error, str(refused))
        return json_reply(200, content, {"cache-control": "no-store", "pragma": "no-cache"})

    def _grant(self, work: Work) -> dict[str, Any]:
        grant = self._form.get("grant_type", "")
        oauth = self.account.oauth
        if grant == "authorization_code":
            client = oauth.authenticate(self._needed("client_id"), self._needed("client_secret"))
            chain, content = oauth.exchange(client, self._needed("code"), self._needed("redirect_uri"))
        elif grant == "refresh_token":
            client = oauth.authenticate(*self._basic)
            chain, content = oauth.refresh(client, self._needed("refresh_token"), work.options)
        elif grant:
            raise GrantRefused("unsupported_grant_type", f"Unsupported grant_type: {grant}")
        else:
            raise GrantRefused("invalid_request", "response_type or grant_type is required")
        values = {"client": chain.client, "app": chain.app, "grant": grant}
        work.note("token.issued", {"chain": chain.number, "generation": chain.generation}, values)
        return content

    def _needed(self, name: str) -> str:
        if not self._form.get(name):
            raise GrantRefused("invalid_request", f"{name} is required")
        return self._form[name]

    def fault(self, code: int, text: str) -> Reply:
        return _refusal(400, "invalid_request", text)

    def refuse_key(self) -> Reply:
        return _refusal(401, "invalid_client", "Client authentication failed")


def authorize(account: Account, verb: str, query: str, body: bytes) -> Reply:
    """Show the page of consent (GET), or send the browser back with what was decided there (POST)."""
    asked = _form(query.encode())
    client = account.oauth.client(asked.get("client_id", ""))
    redirect_uri = asked.get("redirect_uri", "")
    if client is None or not (redirect_uri.isprintable() and client.may_redirect_to(redirect_uri)):
        return _page(
            400, "Unknown application", "<p>The client_id or the redirect_uri is not registered.</p>"
        )
    if asked.get("response_type") != "code":
        return _redirect(redirect_uri, asked, {"error": "unsupported_response_type"})
    if verb == "GET":
        action = escape(f"{AUTHORIZE_PATH}?{query}")
        consent = CONSENT.format(client_id=escape(client.id), action=action, app=escape(account.app))
        return _page(200, "Allow access?", consent)
    form = _form(body)
    app = form.get("app", account.app)
    if form.get("decision") != "allow":
        return _redirect(redirect_uri, asked, {"error": "access_denied"})
    if not APP_NAME.fullmatch(app):
        return _page(400, "Unknown app", "<p>An app's name is lower case letters, digits and hyphens.</p>")
    code = account.look(lambda work: account.oauth.make_code(client, redirect_uri, app))
    return _redirect(redirect_uri, asked, {"code": code, "scope": f"full|{app}.infusionsoft.com"})


def _redirect(redirect_uri: str, asked: dict[str, str], answer: dict[str, str]) -> Reply:
    """Add the answer, and the caller's `state` as it came, to the address's own query."""
    state = {"state": asked["state"]} if "state" in asked else {}
    parts = urlsplit(redirect_uri)
    query = "&".join(filter(None, (parts.query, urlencode({**answer, **state}))))
    return Reply(302, b"", "text/html", {"location": urlunsplit(parts._replace(query=query))})


def _page(status: int, title: str, body: str) -> Reply:
    return Reply(status, PAGE.format(title=title, body=body).encode(), "text/html; charset=utf-8")


def _refusal(status: int, error: str, description: str) -> Reply:
    return json_reply(status, {"error": error, "error_description": description})


def _form(text: bytes) -> dict[str, str]:
    return dict(parse_qsl(text.decode("utf-8", "replace"), keep_blank_values=True))


def _basic(header: str) -> tuple[str, str]:
    """The name and secret of HTTP Basic; empty ones, which no client has, where there is none."""
    scheme, _, encoded = header.partition(" ")
    try:
        plain = b64decode(encoded, validate=True).decode() if scheme.lower() == "basic" else ""
    except ValueError:
        plain = ""
    name, _, secret = plain.partition(":")
    return name, secret
