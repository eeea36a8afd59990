"""Write our contact in the columns of the CRM's Contact table; a blank value is left out, never sent."""

from __future__ import annotations

from functools import cache

import pycountry

from crm.contract import Address, ContactData
from crm.xmlrpc.encode import Param

ADDRESS1 = ("StreetAddress1", "StreetAddress2", "City", "State", "PostalCode", "Country")
ADDRESS2 = ("Address2Street1", "Address2Street2", "City2", "State2", "PostalCode2", "Country2")
PHONES = 5
# Phone types are not written: the shop does not say whose phone it is, and the merchant may have set one.


def contact_columns(data: ContactData) -> dict[str, Param]:
    texts = {
        "Email": data.email,
        "FirstName": data.first_name,
        "LastName": data.last_name,
        "Title": data.title,
        "Company": data.company,
        **_phones(data.phones),
        **_address(data.address1, ADDRESS1),
        **_address(data.address2, ADDRESS2),
        **data.fields,
    }
    ids = {"LeadSourceId": data.lead_source_id, "OwnerID": data.owner_id}
    columns: dict[str, Param] = {name: value.strip() for name, value in texts.items() if value.strip()}
    return columns | {name: number for name, number in ids.items() if number}


def _phones(phones: tuple[str, ...]) -> dict[str, str]:
    columns: dict[str, str] = {}
    given = [phone for phone in phones if phone.strip()]
    for number, phone in enumerate(given[:PHONES], start=1):
        columns[f"Phone{number}"] = phone
    return columns


def _address(address: Address, names: tuple[str, ...]) -> dict[str, str]:
    values = (
        address.street1,
        address.street2,
        address.city,
        address.region,
        address.postal_code,
        country_name(address.country),
    )
    return dict(zip(names, values, strict=True))


@cache
def country_name(code: str) -> str:
    """Return the English name for an ISO 3166 alpha-2 code, the common one where there is one.

    What is no such code is returned as given: a shop's own word is better than none.
    """
    country = pycountry.countries.get(alpha_2=code.strip().upper()) if len(code.strip()) == 2 else None
    return str(getattr(country, "common_name", country.name)) if country else code
