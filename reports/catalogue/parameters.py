"""The parameters of the reports, in the words of the product's description."""

from __future__ import annotations

from crm.list_records import DirectoryKind
from reports.catalogue.report import Kind, Parameter

TABLE = Parameter(
    name="table",
    label="Table",
    kind=Kind.TABLE,
    help="The table to read. Job is the CRM's table of orders, Lead that of opportunities.",
)
QUERY = Parameter(
    name="query",
    label="Query",
    kind=Kind.QUERY,
    required=False,
    help="Pairs with commas between: 'GroupId':'12,30','City':'Ogden'. % is the wild card, ~null~ finds null,"
    " 'LastUpdated':'~>=~LastSuccessfulRun' what changed since the last run. Empty reads the whole table.",
)
FIELDS = Parameter(
    name="fields",
    label="Fields",
    kind=Kind.FIELDS,
    required=False,
    help="The columns to keep. None chosen keeps all of them.",
)
RECORD = Parameter(name="record", label="Record ID", kind=Kind.ID, help="The id of the record.")
CONTACT = Parameter(name="contact", label="Contact ID", kind=Kind.ID, help="The id of the contact.")
EMAIL = Parameter(
    name="email",
    label="Email",
    kind=Kind.EMAIL,
    help="Contacts that carry this address as Email, Email 2 or Email 3.",
)
TAGS = Parameter(
    name="tags",
    label="Tags",
    kind=Kind.TAGS,
    pick=DirectoryKind.TAG,
    help="Contacts that have any of these tags.",
)
PRODUCT = Parameter(name="product", label="Product ID", kind=Kind.ID, pick=DirectoryKind.PRODUCT)
AFFILIATES = Parameter(
    name="affiliates", label="Affiliate ID(s)", kind=Kind.IDS, pick=DirectoryKind.AFFILIATE
)
