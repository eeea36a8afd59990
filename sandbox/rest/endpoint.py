"""One REST call: who is calling, which operation, and what is answered."""

from __future__ import annotations

import json
import re
import sys
import traceback
from decimal import Decimal
from email.message import Message
from threading import Event
from typing import Any
from urllib.parse import parse_qsl

from sandbox.account import Account, Work
from sandbox.calls import Call
from sandbox.ecommerce import is_closed
from sandbox.gate import Admission, admit, refuse_credential
from sandbox.problems import Fault
from sandbox.reply import Reply, json_reply
from sandbox.rest.problems import Refusal, bad_request, error_reply, from_fault
from sandbox.rest.routes import NO_CONTENT, Answer, Request, Route, matching

PREFIX = re.compile(r"(?:/crm)?/rest(?P<path>/(?P<version>v[12])/.*)")


def is_rest(path: str) -> bool:
    return PREFIX.fullmatch(path) is not None


class RestCall:
    """An operation of v1 or v2; unknown paths and verbs are calls too, and are refused when applied."""

    def __init__(
        self, account: Account, call: Call, verb: str, query: str, headers: Message, body: bytes
    ) -> None:
        self.account = account
        self.call = call
        self.epoch: Event = account.epoch
        self.headers = headers
        self.query = query
        self.body = body
        found = PREFIX.fullmatch(call.path)
        self.path, self.version = found.group("path", "version") if found else ("", "v2")
        self.fitting = matching(self.path)
        self.route: Route | None = None
        self.values: dict[str, str] = {}
        for route, values in self.fitting:
            if route.verb == verb:
                self.route, self.values = route, values
        self.call.method = self.route.name if self.route else ""

    def apply(self) -> Reply:
        admission = self._enter()
        if admission.refusal is not None:
            return admission.refusal
        try:
            answer = self._answer(admission.app)
        except Refusal as refusal:
            return error_reply(self.version, refusal.status, refusal.message, admission.headers)
        if answer.status == NO_CONTENT or answer.content is None:
            return Reply(answer.status, b"", "application/json", admission.headers)
        return json_reply(answer.status, shown(answer.content), admission.headers)

    def _enter(self) -> Admission:
        return admit(self.account, self.headers, self.query, f"rest_{self.version}")

    def _answer(self, app: str) -> Answer:
        route = self.route
        if route is None:
            verbs = ", ".join(known.verb for known, _ in self.fitting)
            raise Refusal(405, f"Only {verbs} here") if verbs else Refusal(404, "No such path")
        try:  # int() refuses NaN and Infinity, which are not JSON
            body = json.loads(self.body, parse_float=Decimal, parse_constant=int) if self.body else None
        except ValueError:
            raise bad_request("The body is not JSON") from None
        request = Request(self.values, dict(parse_qsl(self.query, True)), body, self.call.path)

        def action(work: Work) -> object:
            if is_closed(work.options, self.path):
                raise Refusal(403, "Access to orders is denied")
            return route.run(work, request)

        try:
            result = self.account.run(self.epoch, self.call, action, app)
        except Fault as fault:
            raise from_fault(fault) from fault
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            traceback.print_exc(file=sys.stderr)
            raise Refusal(500, "An unexpected error occurred") from error
        return result if isinstance(result, Answer) else Answer(route.status, result)

    def fault(self, code: int, text: str) -> Reply:
        """An ordered fault is a 400 here, from behind the gateway; its code has no place in the answer."""
        admission = self._enter()
        return admission.refusal or error_reply(self.version, 400, text, admission.headers)

    def refuse_key(self) -> Reply:
        return refuse_credential(self.headers)


def shown(content: Any) -> Any:
    """Make numbers of JSON out of exact ones: a double with no more digits than were there."""
    if isinstance(content, Decimal):
        return float(content)
    if isinstance(content, dict):
        return {name: shown(value) for name, value in content.items()}
    if isinstance(content, list):
        return [shown(value) for value in content]
    return content
