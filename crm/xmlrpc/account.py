"""Questions about the account itself."""

from __future__ import annotations

from crm.classify.table import CLOSED
from crm.errors import ConfigurationError, NotSupported
from crm.records import AppIdentity, MerchantMode
from crm.values import Unexpected, Value, rows, struct
from crm.xmlrpc.encode import Param
from crm.xmlrpc.service import Service


class AccountCalls(Service):
    def probe_credentials(self) -> AppIdentity:
        """Read one tag's id: cheap, and refused without a valid key.

        The app's name comes from the reply header `x-keap-tenant-id`, at the app's own host from its name.
        Docs: DataService.query; `Id` like `%` is every row (blog.novaksolutions.com, API gotchas).
        """
        params: list[Param] = ["ContactGroup", 1, 0, {"Id": "%"}, ["Id"]]
        answer = self._wire.exchange("probe_credentials", "DataService.query", params, rows, writes=False)
        return AppIdentity(name=answer.app_name, server_time=answer.server_time)

    def probe_ecommerce(self) -> bool:
        """Read one invoice's id; false where the table is closed to the key or the account has none.

        Docs: infusionsoft-php issue 208 shows the refusal: [NoTableAccess]Access denied to table Invoice.
        """
        params: list[Param] = ["Invoice", 1, 0, {"Id": "%"}, ["Id"]]
        try:
            self._wire.read("probe_ecommerce", "DataService.query", params, rows)
        except ConfigurationError as err:
            if err.label in CLOSED:
                return False
            raise
        return True

    def list_payment_types(self) -> list[str]:
        """Return the manual payment types the account offers, in alphabetical order.

        Docs: InvoiceService.getAllPaymentOptions, a structure whose names equal its values.
        """

        def parse(value: Value) -> list[str]:
            words = list(struct(value).values())
            if not all(isinstance(word, str) for word in words):
                raise Unexpected("payment types are words")
            return sorted({str(word) for word in words})

        return self._wire.read("list_payment_types", "InvoiceService.getAllPaymentOptions", [], parse)

    def read_merchant_mode(self) -> MerchantMode:
        """Raise NotSupported: no call of this protocol tells whether a card would really be charged."""
        raise NotSupported(
            "XML-RPC cannot tell whether the CRM's merchant account is in test mode. Choose REST or "
            "automatic as the connection's protocol, or look in the CRM and confirm it on the settings page.",
            setting="credentials",
            label="merchant-mode-not-told",
        )

    def read_currency(self) -> str:
        """Raise NotSupported: no call of this protocol tells the account's currency."""
        raise NotSupported(
            "XML-RPC cannot tell the currency of the CRM account. Enter it on the settings page, or choose "
            "REST or automatic as the connection's protocol.",
            setting="credentials",
            label="currency-not-told",
        )

    def read_time_zone(self) -> str:
        """Raise NotSupported: no call of this protocol tells the account's time zone."""
        raise NotSupported(
            "XML-RPC cannot tell the time zone of the CRM account. Choose it on the settings page, or choose "
            "REST or automatic as the connection's protocol.",
            setting="credentials",
            label="time-zone-not-told",
        )
