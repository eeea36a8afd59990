"""How long a contact's values may be.

Docs: the vendor's OpenAPI file of v2 (keap-rest-v2-openapi.yml): CreateUpdateContactRequest, EmailAddress,
      PhoneNumber, Address (BILLING is the CRM's address 1, SHIPPING 2, OTHER 3), CustomFieldValue.

What it says nothing of, such as the company, is kept to an ordinary column's length.
"""

from __future__ import annotations

from collections.abc import Mapping

NAME = 40
EMAIL = 75
PHONES = (40, 40, 40, 20, 20)
REGION = 50
OTHER_TEXT = 255
ADDRESS1: Mapping[str, int] = {
    "street1": 75,
    "street2": 75,
    "city": 50,
    "region": REGION,
    "postal_code": 15,
    "country": 100,
}
ADDRESS2: Mapping[str, int] = {**ADDRESS1, "street1": 100, "street2": 100, "city": 100, "postal_code": 20}
ADDRESS3: Mapping[str, int] = {**ADDRESS2, "postal_code": ADDRESS1["postal_code"]}
CUSTOM_FIELD = 65_535
