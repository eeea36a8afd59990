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
AFFILIATE = Parameter(
    name="affiliates",
    label="Affiliate ID(s)",
    kind=Kind.IDS,
    pick=DirectoryKind.AFFILIATE,
    help="The affiliates, in the CRM also called referral partners, to ask for one after the other.",
)
PROGRAM = Parameter(name="program", label="Program ID", kind=Kind.ID, help="The commission program.")
INVOICE = Parameter(
    name="invoices", label="Invoice ID(s)", kind=Kind.IDS, help="The invoices to ask for one after the other."
)
PRODUCTS = Parameter(
    name="products",
    label="Product ID(s)",
    kind=Kind.IDS,
    pick=DirectoryKind.PRODUCT,
    help="The products to ask for one after the other.",
)
PERIOD = Parameter(
    name="period",
    label="Duration",
    kind=Kind.PERIOD,
    help="One day or a range; 10 and 5 days back are the days from ten to five days ago.",
)
SEARCH = Parameter(
    name="search",
    label="Saved Search",
    kind=Kind.SEARCH,
    help="Found by its name; the id stands after it.",
)
SEARCH_FIELDS = Parameter(
    name="search_fields",
    label="Selected Fields",
    kind=Kind.NAMES,
    help="The columns with commas between, by the names that “Search - Available Fields” tells.",
)


def id_parameter(name: str, label: str) -> Parameter:
    """Ids of what is asked for one after the other."""
    return Parameter(name=name, label=label, kind=Kind.IDS, help="Digits with commas between.")
