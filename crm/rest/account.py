"""Questions about the account itself."""

from __future__ import annotations

from crm.classify.table import CLOSED
from crm.errors import ConfigurationError, NotSupported
from crm.places import is_time_zone
from crm.records import AppIdentity, MerchantMode
from crm.rest.service import Service
from crm.rest.values import listed
from crm.values import Unexpected, Value, record_id, struct, text

ORDERS = "GET /v2/orders"


class AccountCalls(Service):
    def probe_credentials(self) -> AppIdentity:
        """Read one tag: cheap, refused without a valid key, and asks for no right that orders do not need.

        The app's name comes from the reply header `x-keap-tenant-id`.
        """
        answer = self._wire.exchange("probe_credentials", "GET /v2/tags", struct, query={"page_size": 1})
        return AppIdentity(name=answer.app_name, server_time=answer.server_time)

    def probe_v1(self) -> None:
        """Read one tag over v1, which may be switched off by itself."""
        self._wire.call("probe_v1", "GET /v1/tags", struct, query={"limit": 1})

    def probe_ecommerce(self) -> bool:
        """Read one order; false where the API refuses the key just that.

        A 404 says nothing of the account: so a version that was switched off may answer too.
        """
        try:
            self._page("probe_ecommerce", ORDERS, "orders", lambda row: record_id(row.get("id")), page_rows=1)
        except ConfigurationError as err:
            if err.label in CLOSED:
                return False
            raise
        return True

    def list_payment_types(self) -> list[str]:
        """Raise NotSupported: the API has no list of the manual payment types."""
        raise NotSupported(
            "REST cannot list the account's payment types. Enter the type exactly as the CRM shows it under "
            "its Ecommerce Settings, Orders, or choose XML-RPC or automatic as the connection's protocol.",
            setting="credentials",
            label="payment-types-not-told",
        )

    def read_merchant_mode(self) -> MerchantMode:
        """Return whether the default merchant account could charge a card; none counts as test.

        One that is the default but not in the list counts as live: it cannot be shown to be harmless.
        """

        def parse(value: Value) -> MerchantMode:
            answer = struct(value)
            default = text(answer, "default_merchant_account_id").strip()
            if default in ("", "0"):
                return MerchantMode.TEST
            accounts = {text(row, "id"): row.get("is_test") for row in listed(answer, "merchant_accounts")}
            return MerchantMode.TEST if accounts.get(default) is True else MerchantMode.LIVE

        query = {"page_size": 1000}
        return self._wire.call("read_merchant_mode", "GET /v2/merchants", parse, query=query)

    def read_currency(self) -> str:
        """Return the account's currency, from the business profile."""

        def parse(value: Value) -> str:
            code = text(struct(value), "currency_code").strip().upper()
            if len(code) != 3 or not code.isalpha():
                raise Unexpected("a currency was expected")
            return code

        return self._wire.call("read_currency", "GET /v2/businessProfile", parse)

    def read_time_zone(self) -> str:
        """Return the IANA name of the account's time zone, from the business profile."""

        def parse(value: Value) -> str:
            name = text(struct(value), "time_zone").strip()
            if not is_time_zone(name):
                raise Unexpected("a time zone was expected")
            return name

        return self._wire.call("read_time_zone", "GET /v2/businessProfile", parse)
