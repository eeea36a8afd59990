"""One XML-RPC call: who is calling, which method, and what is answered."""

from __future__ import annotations

import hmac
import sys
import traceback
import uuid
from email.message import Message
from threading import Event

from sandbox.calls import Call
from sandbox.problems import Fault, invalid_key, no_access, unexpected
from sandbox.reply import Reply, json_reply
from sandbox.services.registry import find_method, match
from sandbox.world import Work, World
from sandbox.xmlrpc import writer
from sandbox.xmlrpc.reader import Request, read_request

CONTENT_TYPE = "text/xml;charset=UTF-8"
LEGACY_PATHS = frozenset({"/api/xmlrpc"})
GATEWAY_PATHS = frozenset({"/crm/xmlrpc/v1", "/crm/xmlrpc"})
LEGACY_HEADERS = {
    "server": "Apache-Coyote/1.1",
    "pragma": "no-cache",
    "cache-control": "no-cache, no-store",
    "expires": "Thu, 01 Jan 1970 00:00:00 GMT",
}


class XmlRpcCall:
    """An operation on one of the two doors; on the legacy one the key is the first argument."""

    def __init__(self, world: World, call: Call, headers: Message, body: bytes) -> None:
        self.world = world
        self.call = call
        self.epoch: Event = world.epoch
        self.gateway = call.path in GATEWAY_PATHS
        self.credential, self.key_refusal = _credential(headers)
        self.request: Request | None = None
        self.unreadable: Fault | None = None
        try:
            self.request = read_request(body)
        except Fault as fault:
            self.unreadable = fault
        self.call.method = self.request.method if self.request else ""

    def apply(self) -> Reply:
        if self.gateway and not _known(self.credential, self.world.keys):
            return self.refuse_key()
        try:
            if self.request is None:
                raise self.unreadable or unexpected()
            return self._reply(writer.response(self._result(self.request)))
        except Fault as fault:
            return self.fault(fault.code, fault.text)

    def _result(self, request: Request) -> object:
        found = find_method(request.method)
        lenient = self.world.options.argument_types == "lenient"
        arguments = match(found, request.arguments, lenient)
        if not self.gateway:
            self._check_legacy_key(request, found.keyed)

        def action(work: Work) -> object:
            return found.run(work, *arguments)

        try:
            return self.world.run(self.epoch, self.call, action)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            traceback.print_exc(file=sys.stderr)
            raise unexpected() from error

    def _check_legacy_key(self, request: Request, keyed: bool) -> None:
        if keyed and not _known(str(request.arguments[0]), self.world.keys):
            raise invalid_key()
        if request.method == "DataService.getUserInfo":
            raise no_access("Available with a token only")

    def fault(self, code: int, text: str) -> Reply:
        return self._reply(writer.fault(code, text))

    def refuse_key(self) -> Reply:
        if not self.gateway:
            refusal = invalid_key()
            return self.fault(refusal.code, refusal.text)
        text, error_code = self.key_refusal
        content = {"fault": {"faultstring": text, "detail": {"errorcode": error_code}}}
        return json_reply(401, content, {"x-request-id": str(uuid.uuid4()), "via": "1.1 google"})

    def _reply(self, body: bytes) -> Reply:
        if not self.gateway:
            return Reply(200, body, CONTENT_TYPE, LEGACY_HEADERS)
        headers = {
            "x-keap-tenant-id": f"{self.world.app}.infusionsoft.com",
            **self.world.meter.count(self.credential),
            "x-request-id": str(uuid.uuid4()),
            "via": "1.1 google",
        }
        return Reply(200, body, CONTENT_TYPE, headers)


def _credential(headers: Message) -> tuple[str, tuple[str, str]]:
    """The key or token of the gateway, and the words a wrong one is refused with."""
    key = headers.get("X-Keap-API-Key")
    if key is not None:
        return key.strip(), ("Invalid ApiKey", "oauth.v2.InvalidApiKey")
    scheme, _, token = (headers.get("Authorization") or "").partition(" ")
    credential = token.strip() if scheme.lower() == "bearer" else ""
    return credential, ("Invalid Access Token", "keymanagement.service.invalid_access_token")


def _known(credential: str, keys: frozenset[str]) -> bool:
    return any(hmac.compare_digest(credential.encode(), key.encode()) for key in keys)
