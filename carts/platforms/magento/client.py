"""The calls of the SOAP API v2 that are used, whichever of its dialects the shop speaks.

Original Magento 1 says `urn:Magento`, OpenMage `urn:OpenMage` (the WSDL of its 20.18.0); both may be set to
WS-I compliance, and then messages and lists have other shapes. The shop's own description decides; answers
become plain text values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import requests
from lxml.etree import QName
from zeep import Client, xsd
from zeep.exceptions import Fault
from zeep.helpers import serialize_object

from carts.platforms.magento.faults import SESSION_EXPIRED, UNREADABLE, answer_error, fault_code, fault_error
from carts.platforms.magento.wsdl import soap_client, wsdl_forget
from intake.polling.http import READ_SECONDS
from intake.shop_api import ShopAnswerUnusable, ShopError

# Not needed, and some are secrets: they are dropped before anything is stored.
DROPPED = frozenset(
    {"password_hash", "rp_token", "rp_token_created_at", "confirmation", "protect_code"}
    | {"cc_number_enc", "cc_cid_enc", "cc_ss_issue", "x_forwarded_for", "remote_ip"}
)
_WSI_LIST = "complexObjectArray"
Filter = tuple[str, str, str]  # field, operator, value


class SoapFault(Exception):
    """A fault that says something about the one thing asked for; `code` is a number as text."""

    def __init__(self, code: str, error: ShopError) -> None:
        super().__init__(code)
        self.code = code
        self.error = error


class MagentoClient:
    """One session with a shop's API, begun with the first call. `close` ends it."""

    def __init__(
        self,
        session: requests.Session,
        base: str,
        user: str,
        key: str,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self._session = session
        self._url = f"{base}/index.php/api/v2_soap/"
        self._user, self._key = user, key
        self._read_seconds = read_seconds
        self._client: Client | None = None
        self._session_id = ""

    @property
    def wsdl_url(self) -> str:
        return f"{self._url}?wsdl=1"

    @property
    def dialect(self) -> str:
        """What the shop calls its API."""
        name = self._namespace.rpartition(":")[2]
        return f"{name} SOAP v2{' (WS-I)' if self._is_wsi else ''}"

    def read(self, operation: str, **arguments: Any) -> Any:
        """The answer as dicts, lists and texts, without what is empty or secret.

        After a session that has ended another is begun, once; reading twice does no harm.
        Raises: ShopError; SoapFault for a fault that only the caller can judge.
        """
        if not self._session_id:
            self._login()
        try:
            return self._call(operation, sessionId=self._session_id, **arguments)
        except SoapFault as fault:
            if fault.code != SESSION_EXPIRED:
                raise
        self._login()
        try:
            return self._call(operation, sessionId=self._session_id, **arguments)
        except SoapFault as fault:
            if fault.code != SESSION_EXPIRED:
                raise
            raise fault.error from fault

    def rows(self, operation: str, filters: Sequence[Filter]) -> list[dict[str, Any]]:
        """A list call; conditions on one field are joined. Raises: ShopError."""
        try:
            found = self.read(operation, filters=self._filters(filters))
        except SoapFault as fault:
            raise fault.error from fault
        if not isinstance(found or [], list) or not all(isinstance(row, dict) for row in found or []):
            raise ShopAnswerUnusable("The shop answered, but not with a list.", operation)
        return found or []

    def close(self) -> None:
        """Best effort: a session that is not ended ends by itself."""
        if self._session_id:
            session_id, self._session_id = self._session_id, ""
            try:
                self._call("endSession", sessionId=session_id)
            except (ShopError, SoapFault):
                return

    def _login(self) -> None:
        self._session_id = ""
        try:
            session_id = self._call("login", username=self._user, apiKey=self._key)
        except SoapFault as fault:
            raise fault.error from fault
        if not isinstance(session_id, str) or not 0 < len(session_id) <= 200:
            raise ShopAnswerUnusable("The shop took the API key, but opened no session.")
        self._session_id = session_id

    def _call(self, operation: str, **arguments: Any) -> Any:
        if operation == "customerCustomerInfo":
            arguments["attributes"] = xsd.SkipValue
        client = self._opened()
        # The address in the description is only the shop's guess at its own.
        service = client.create_service(str(self._binding.name), self._url)  # type: ignore[no-untyped-call]
        try:
            answer = getattr(service, operation)(**arguments)
            return plain(serialize_object(answer, dict))  # type: ignore[no-untyped-call]
        except Fault as fault:
            code = fault_code(fault)
            if not code.isdigit():  # PHP's own: it did not understand us
                wsdl_forget(self.wsdl_url)
            raise SoapFault(code, self._scrubbed(fault_error(fault, operation))) from None
        except UNREADABLE as err:
            wsdl_forget(self.wsdl_url)
            raise self._scrubbed(answer_error(err, operation)) from None
        except ShopError as err:
            raise self._scrubbed(err) from None

    def _opened(self) -> Client:
        if self._client is None:
            self._client = soap_client(self._session, self.wsdl_url, self._read_seconds)
        return self._client

    @property
    def _binding(self) -> Any:
        bindings = self._opened().wsdl.bindings.values()
        found = next((binding for binding in bindings if hasattr(binding, "default_style")), None)
        if found is None:
            raise ShopAnswerUnusable("The shop's description of its API names no SOAP calls.")
        return found

    @property
    def _namespace(self) -> str:
        return str(QName(self._binding.name).namespace)

    @property
    def _is_wsi(self) -> bool:
        return bool(self._binding.default_style == "document")

    def _filters(self, filters: Sequence[Filter]) -> Any:
        """The arrays of the encoded dialect must be made with their types: zeep 4.3 refuses plain lists there
        ("Missing element for Any"). WS-I takes plain values.
        """
        if not filters:
            return {}
        if self._is_wsi:
            plain_entries = [
                {"key": name, "value": {"key": operator, "value": value}} for name, operator, value in filters
            ]
            return {"complex_filter": {_WSI_LIST: plain_entries}}
        array, entry, pair = (
            self._opened().get_type(f"{{{self._namespace}}}{name}")  # type: ignore[no-untyped-call]
            for name in ("complexFilterArray", "complexFilter", "associativeEntity")
        )
        entries = [
            entry(key=name, value=pair(key=operator, value=value)) for name, operator, value in filters
        ]
        return {"complex_filter": array(entries)}

    def _scrubbed(self, error: ShopError) -> ShopError:
        """A shop may repeat in its complaint what it was sent."""
        for secret in (self._key, self._session_id):
            if secret:
                error.detail = error.detail.replace(secret, "…")
        return error


def plain(value: Any) -> Any:
    """Text, lists and objects; what is empty or in `DROPPED` is left out."""
    if isinstance(value, dict):
        if list(value) == [_WSI_LIST]:
            return plain(value[_WSI_LIST] or [])
        entries = {key: plain(item) for key, item in value.items() if key not in DROPPED}
        return {key: item for key, item in entries.items() if item is not None}
    if isinstance(value, list | tuple):
        return [item for item in map(plain, value) if item is not None]
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value) if isinstance(value, str | int | float) else None
