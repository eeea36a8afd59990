"""One XML-RPC call: who is calling, which method, and what is answered."""

from __future__ import annotations

import sys
import traceback
from email.message import Message
from threading import Event

from sandbox import xmlrpc_reply
from sandbox.account import Account, Work
from sandbox.calls import Call
from sandbox.ecommerce import check_method
from sandbox.gate import Admission, admit, refuse_credential
from sandbox.problems import Fault, bare, invalid_key, no_access, throttled, unexpected
from sandbox.reply import Reply
from sandbox.services.registry import find_method, match
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

    def __init__(self, account: Account, call: Call, headers: Message, query: str, body: bytes) -> None:
        self.account = account
        self.call = call
        self.epoch: Event = account.epoch
        self.gateway = call.path in GATEWAY_PATHS
        self.headers = headers
        self.query = query
        self._admission: Admission | None = None
        self.request: Request | None = None
        self.unreadable: Fault | None = None
        try:
            self.request = read_request(body)
        except Fault as fault:
            self.unreadable = fault
        self.call.method = self.request.method if self.request else ""

    def apply(self) -> Reply:
        refusal = self._enter() if self.gateway else self.account.brownouts.refusal("legacy", self.epoch)
        if refusal is not None:
            return refusal
        try:
            if self.request is None:
                raise self.unreadable or unexpected()
            return self._reply(xmlrpc_reply.response(self._result(self.request)))
        except Fault as fault:
            if self.request is not None and fault.named and self.account.options.faults == "bare":
                fault = bare(self.request.method, fault)
            return self.fault(fault.code, fault.text)

    def _enter(self) -> Reply | None:
        self._admission = admit(self.account, self.headers, self.query, "xmlrpc")
        return self._admission.refusal

    def _result(self, request: Request) -> object:
        found = find_method(request.method)
        lenient = self.account.options.argument_types == "lenient"
        arguments = match(found, request.arguments, lenient)
        if not self.gateway:
            if found.keyed and not self.account.credentials.opens_legacy_door(str(request.arguments[0])):
                raise invalid_key()
            if not self.account.meter.take_legacy(self.account.app, self.epoch):
                raise throttled()
            if request.method == "DataService.getUserInfo":
                raise no_access("Available with a token only")

        def action(work: Work) -> object:
            check_method(work.options, request.method, arguments)
            return found.run(work, *arguments)

        try:
            return self.account.run(
                self.epoch, self.call, action, self._admission.app if self._admission else ""
            )
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            traceback.print_exc(file=sys.stderr)
            raise unexpected() from error

    def fault(self, code: int, text: str) -> Reply:
        """Answer with a fault, which comes from behind the gateway: the gateway is asked first."""
        refusal = self._enter() if self.gateway and self._admission is None else None
        return refusal or self._reply(xmlrpc_reply.fault(code, text))

    def refuse_key(self) -> Reply:
        if not self.gateway:
            refusal = invalid_key()
            return self.fault(refusal.code, refusal.text)
        return refuse_credential(self.headers)

    def _reply(self, body: bytes) -> Reply:
        return Reply(200, body, CONTENT_TYPE, self._admission.headers if self._admission else LEGACY_HEADERS)
