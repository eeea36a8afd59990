"""The CRM over XML-RPC: credentials and addresses joined with the groups of calls."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

import requests

from crm.contract import Crm, TableReader
from crm.credentials import (
    Credentials,
    Endpoints,
    LegacyKey,
    app_name_is_valid,
    gateway_headers,
    sendable_secret,
)
from crm.errors import ConfigurationError
from crm.http.observe import CallObserver
from crm.http.redact import Redactor
from crm.http.session import check_session, new_session
from crm.http.transport import Transport
from crm.xmlrpc.account import AccountCalls
from crm.xmlrpc.activities import ActivityCalls
from crm.xmlrpc.affiliates import AffiliateCalls
from crm.xmlrpc.appointments import AppointmentCalls
from crm.xmlrpc.automation import AutomationCalls
from crm.xmlrpc.cart_orders import CartOrderCalls
from crm.xmlrpc.companies import CompanyCalls
from crm.xmlrpc.contacts import ContactCalls
from crm.xmlrpc.custom_fields import CustomFieldCalls
from crm.xmlrpc.directory import DirectoryCalls
from crm.xmlrpc.lead_sources import LeadSourceCalls
from crm.xmlrpc.notes import NoteCalls
from crm.xmlrpc.opportunities import OpportunityCalls
from crm.xmlrpc.orders import OrderCalls
from crm.xmlrpc.products import ProductCalls
from crm.xmlrpc.tables import TableCalls
from crm.xmlrpc.tags import TagCalls
from crm.xmlrpc.wire import XmlRpcWire

# The gateway ignores the first parameter but wants one; this is the vendor SDK's, in their spelling.
PLACEHOLDER = "backwards-compatability"


class XmlRpcCrm(
    AccountCalls,
    DirectoryCalls,
    CustomFieldCalls,
    ContactCalls,
    NoteCalls,
    ActivityCalls,
    AppointmentCalls,
    CompanyCalls,
    OpportunityCalls,
    TagCalls,
    AutomationCalls,
    LeadSourceCalls,
    AffiliateCalls,
    ProductCalls,
    CartOrderCalls,
    OrderCalls,
    TableCalls,
):
    """Implements `crm.contract.Crm` over the CRM's XML-RPC API, which the vendor ends on 2026-12-31.

    One object per connection. It may be used by several threads; give them one session from
    `crm.http.session.new_session()` if they should share its connections beyond the object's life.
    Raises: ConfigurationError at once for an App Name or key that could not be sent safely.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        endpoints: Endpoints,
        observer: CallObserver | None = None,
        time_zone: str = "America/New_York",
        connect_timeout_seconds: float = 5.0,
        read_timeout_seconds: float = 30.0,
        session: requests.Session | None = None,
    ) -> None:
        app_name = credentials.app_name if isinstance(credentials, LegacyKey) else ""
        secret = sendable_secret(credentials)
        url = _url(credentials, endpoints)
        self._session = new_session() if session is None else session
        self._owns_session = session is None
        check_session(self._session, url)
        shown = {} if isinstance(credentials, LegacyKey) else gateway_headers(credentials)
        transport = Transport(
            self._session,
            {"Content-Type": "text/xml; charset=utf-8", "Accept": "text/xml", **shown},
            connect_timeout_seconds=connect_timeout_seconds,
            read_timeout_seconds=read_timeout_seconds,
        )
        self._wire = XmlRpcWire(
            transport,
            url=url,
            key=secret if isinstance(credentials, LegacyKey) else PLACEHOLDER,
            zone=ZoneInfo(time_zone),
            observer=observer,
            redactor=Redactor([secret]),
            app_name=app_name,
        )

    def close(self) -> None:
        """Close the kept connections, unless the session was given: then its owner does."""
        if self._owns_session:
            self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _url(credentials: Credentials, endpoints: Endpoints) -> str:
    if not isinstance(credentials, LegacyKey):
        return f"{endpoints.gateway_url.rstrip('/')}/crm/xmlrpc/v1"
    if not app_name_is_valid(credentials.app_name):
        raise ConfigurationError(
            "The App Name may hold only small letters, digits and hyphens, like ab123: "
            "the part before .infusionsoft.com in the CRM's address.",
            setting="credentials",
            label="app-name-malformed",
        )
    host = endpoints.legacy_url or f"https://{credentials.app_name}.infusionsoft.com"
    return f"{host.rstrip('/')}/api/xmlrpc"


if TYPE_CHECKING:

    def _implements(crm: XmlRpcCrm) -> tuple[Crm, TableReader]:
        return crm, crm
