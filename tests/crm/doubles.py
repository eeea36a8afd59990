"""An observer that remembers, and a quick way to a CRM at any address."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from crm.credentials import Credentials, Endpoints, HeaderKey
from crm.errors import NotSent
from crm.http.observe import Call, CallOutcome
from crm.xmlrpc.adapter import XmlRpcCrm

KEY = "KeapAK-0123456789abcdef0123456789abcdef"


@dataclass
class Recorder:
    """Notes the order of events; with `refuse` it stops every call."""

    refuse: bool = False
    calls: list[Call] = field(default_factory=list)
    outcomes: list[CallOutcome] = field(default_factory=list)

    def sending(self, call: Call) -> None:
        self.calls.append(call)
        if self.refuse:
            raise NotSent("No quota left.")

    def finished(self, outcome: CallOutcome) -> None:
        self.outcomes.append(outcome)


def crm_at(url: str, credentials: Credentials | None = None, **options: Any) -> XmlRpcCrm:
    endpoints = Endpoints(gateway_url=url, legacy_url=url)
    settings = {"connect_timeout_seconds": 1.0, "read_timeout_seconds": 2.0, **options}
    return XmlRpcCrm(credentials or HeaderKey(KEY), endpoints=endpoints, **settings)
