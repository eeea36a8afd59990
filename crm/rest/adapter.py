"""The CRM over REST: credentials and addresses joined with the groups of calls."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

import requests

from crm.contract import Crm, FieldCache, ResourceReader
from crm.credentials import (
    Credentials,
    Endpoints,
    LegacyKey,
    gateway_headers,
    sendable_secret,
)
from crm.errors import ConfigurationError
from crm.http.observe import CallObserver
from crm.http.redact import Redactor
from crm.http.session import check_session, new_session
from crm.http.transport import Transport
from crm.rest.account import AccountCalls
from crm.rest.appointments import AppointmentCalls
from crm.rest.automation import AutomationCalls
from crm.rest.companies import CompanyCalls
from crm.rest.contacts import ContactCalls
from crm.rest.directory import DirectoryCalls
from crm.rest.notes import NoteCalls
from crm.rest.opportunities import OpportunityCalls
from crm.rest.orders import OrderCalls
from crm.rest.partners import PartnerCalls
from crm.rest.products import ProductCalls
from crm.rest.resources import ResourceCalls
from crm.rest.tags import TagCalls
from crm.rest.tasks import TaskCalls
from crm.rest.wire import RestWire

NEGATIVE_DISCOUNTS = -1
JSON = "application/json"


def always(_protocol: str) -> bool:
    return True


class RestCrm(
    AccountCalls,
    DirectoryCalls,
    ContactCalls,
    NoteCalls,
    TaskCalls,
    AppointmentCalls,
    CompanyCalls,
    OpportunityCalls,
    TagCalls,
    AutomationCalls,
    PartnerCalls,
    ProductCalls,
    OrderCalls,
    ResourceCalls,
):
    """Implements `crm.contract.Crm` over the CRM's REST API, v2 and where it saves calls v1.

    `field_cache` is asked for the custom fields before the CRM is; `alive` tells whether `rest_v1` may be
    used; `discount_sign` is the sign of a price that lowers an order's total; `time_zone` is the CRM's, for
    times of custom fields that have no offset. One object per connection; it may be used by several threads.
    Raises: ConfigurationError at once for a key that only XML-RPC takes or that could not be sent safely.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        endpoints: Endpoints,
        observer: CallObserver | None = None,
        field_cache: FieldCache | None = None,
        alive: Callable[[str], bool] = always,
        discount_sign: int = NEGATIVE_DISCOUNTS,
        time_zone: str = "America/New_York",
        connect_timeout_seconds: float = 5.0,
        read_timeout_seconds: float = 30.0,
        session: requests.Session | None = None,
    ) -> None:
        if isinstance(credentials, LegacyKey):
            raise ConfigurationError(
                "REST does not take a legacy key with an App Name. Enter a personal access token or a "
                "service account key of the CRM account, connect it by OAuth, or choose XML-RPC as the "
                "protocol.",
                setting="credentials",
                label="legacy-key-on-rest",
            )
        secret = sendable_secret(credentials)
        base_url = f"{endpoints.gateway_url.rstrip('/')}/crm/rest"
        self._session = new_session() if session is None else session
        self._owns_session = session is None
        check_session(self._session, base_url)
        transport = Transport(
            self._session,
            {"Content-Type": JSON, "Accept": JSON, **gateway_headers(credentials)},
            connect_timeout_seconds=connect_timeout_seconds,
            read_timeout_seconds=read_timeout_seconds,
        )
        self._wire = RestWire(transport, base_url=base_url, observer=observer, redactor=Redactor([secret]))
        self._field_cache = field_cache
        self._fields = {}
        self._zone = ZoneInfo(time_zone)
        self._note_author = 0
        self._alive = alive
        self._discount_sign = discount_sign

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


if TYPE_CHECKING:

    def _implements(crm: RestCrm) -> tuple[Crm, ResourceReader]:
        return crm, crm
