"""Write our contact in the columns of the CRM's Contact table; a blank value is left out, never sent.

But an address with a street, and a phone with its extension, are one value each: their blank parts go along,
so that nothing of the old one stays beside the new.
"""

from __future__ import annotations

from crm.places import country_name
from crm.records import Address, ContactData
from crm.values import Struct, text
from crm.xmlrpc.encode import Param

ADDRESS1 = ("StreetAddress1", "StreetAddress2", "City", "State", "PostalCode", "Country", "ZipFour1")
ADDRESS2 = ("Address2Street1", "Address2Street2", "City2", "State2", "PostalCode2", "Country2", "ZipFour2")
PHONES = 5
# Phone types are not written: the shop does not say whose phone it is, and the merchant may have set one.


def contact_columns(data: ContactData) -> dict[str, Param]:
    texts = {
        "Email": data.email,
        "EmailAddress2": data.email2,
        "EmailAddress3": data.email3,
        "FirstName": data.first_name,
        "LastName": data.last_name,
        "Title": data.title,
        "Company": data.company,
        "Website": data.website,
        "TimeZone": data.time_zone,
        "ContactType": data.contact_type,
        **data.fields,
    }
    ids = {
        "LeadSourceId": data.lead_source_id,
        "OwnerID": data.owner_id,
        "CompanyID": data.company_id,
    }
    columns: dict[str, Param] = {name: value.strip() for name, value in texts.items() if value.strip()}
    phones = [phone.strip() for phone in data.phones if phone.strip()]
    for number, phone in enumerate(phones[:PHONES], start=1):
        columns |= {f"Phone{number}": phone, f"Phone{number}Ext": ""}
    columns |= address_columns(data.address1, ADDRESS1) | address_columns(data.address2, ADDRESS2)
    return columns | {name: number for name, number in ids.items() if number}


def address_in(row: Struct, names: tuple[str, ...]) -> Address:
    """Return an address of the table; its country is in the CRM's words."""
    street1, street2, city, region, postal_code, country, _ = (text(row, name) for name in names)
    return Address(
        street1=street1,
        street2=street2,
        city=city,
        region=region,
        postal_code=postal_code,
        country=country,
    )


def address_columns(address: Address, names: tuple[str, ...]) -> dict[str, str]:
    values = (
        address.street1,
        address.street2,
        address.city,
        address.region,
        address.postal_code,
        country_name(address.country),
        "",
    )
    written = {name: value.strip() for name, value in zip(names, values, strict=True)}
    if address.street1.strip():
        return written
    return {name: value for name, value in written.items() if value}
