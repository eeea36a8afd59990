"""A contact's numbered columns, which REST shows as lists: e-mails, phones, faxes, addresses."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.options import Options
from sandbox.rest.countries import country_code, country_name, region_code, region_name
from sandbox.rest.kinds import Kind, choice, listed, shaped, text
from sandbox.rest.problems import bad_request
from sandbox.rest.wire import Json, present
from sandbox.values import Row, Wire


@dataclass(frozen=True)
class Slots:
    """`columns` has, for each value of `field`, the column behind each member of an item."""

    columns: dict[str, dict[str, str]]

    def read(self, items: list[Json]) -> dict[str, Wire]:
        """The columns of the items; one without `field` takes the slot of its place in the list."""
        found: dict[str, Wire] = {}
        names = list(self.columns)
        for place, item in enumerate(items):
            field = item.get("field") or (names[place] if place < len(names) else "")
            if field not in self.columns:
                raise bad_request(f"At most {len(names)} of these, in the fields {', '.join(names)}")
            members = self.columns[field]
            found |= {members[name]: value for name, value in item.items() if name in members}
        return found

    def all_columns(self) -> list[str]:
        return [column for members in self.columns.values() for column in members.values()]

    def show(self, row: Row) -> list[Json]:
        """The slots that hold anything."""
        items = []
        for field, members in self.columns.items():
            item = present(**{name: row[column] for name, column in members.items()})
            if any(str(value) for value in item.values()):
                items.append({**item, "field": field})
        return items


def _numbered(word: str, count: int, members: dict[str, str]) -> dict[str, dict[str, str]]:
    return {
        f"{word.upper()}{n}": {name: f"{word.title()}{n}{ending}" for name, ending in members.items()}
        for n in range(1, count + 1)
    }


EMAILS = Slots(
    {"EMAIL1": {"email": "Email"}, "EMAIL2": {"email": "EmailAddress2"}, "EMAIL3": {"email": "EmailAddress3"}}
)
PHONES = Slots(_numbered("phone", 5, {"number": "", "extension": "Ext", "type": "Type"}))
FAXES = Slots(_numbered("fax", 2, {"number": "", "type": "Type"}))
ADDRESSES = Slots(
    {
        field: {
            "line1": f"{lines}1",
            "line2": f"{lines}2",
            "locality": f"City{end}",
            "region": f"State{end}",
            "postal_code": f"PostalCode{end}",
            "zip_four": f"ZipFour{end or 1}",
            "country": f"Country{end}",
        }
        for field, lines, end in (
            ("BILLING", "StreetAddress", ""),
            ("SHIPPING", "Address2Street", "2"),
            ("OTHER", "Address3Street", "3"),
        )
    }
)

EMAIL_ITEMS: Kind = listed(shaped(email=text, field=choice(*EMAILS.columns), opt_in_reason=text))
PHONE_ITEMS: Kind = listed(
    shaped(number=text, extension=text, type=text, field=choice(*PHONES.columns), number_e164=text)
)
FAX_ITEMS: Kind = listed(shaped(number=text, type=text, field=choice(*FAXES.columns)))
ADDRESS_NAMES = "line1 line2 locality region region_code postal_code zip_code zip_four country country_code"
ADDRESS_MEMBERS: dict[str, Kind] = dict.fromkeys(ADDRESS_NAMES.split(), text)
ADDRESS_ITEMS: Kind = listed(shaped(field=choice(*ADDRESSES.columns), **ADDRESS_MEMBERS))


def read_address(item: Json, options: Options) -> Json:
    """Names for codes. A region needs the country's code, and codes win over names."""
    region = item.get("region_code") or item.get("region")
    if region and not item.get("country_code"):
        raise bad_request("country_code is required if region is specified")
    words = "" if item.get("region_code") else str(item.get("region") or "").strip()
    if words and (
        options.rest_region_text == "refuse" or (options.rest_region_text == "words" and words.isdigit())
    ):
        raise bad_request(f"{words} is not a region")
    known = {name: item[name] for name in item if not name.endswith("_code") and name != "field"}
    if item.get("country_code"):
        known["country"] = country_name(item["country_code"])
    if item.get("region_code"):
        known["region"] = region_name(item["region_code"])
    for name in ("zip_code", "postal_code"):
        if name in item and (item[name] or not known.get("postal_code")):
            known["postal_code"] = item[name]
    known.pop("zip_code", None)
    return {**known, "field": item.get("field")}


def show_address(item: Json) -> Json:
    """Codes beside the names, where the names are known."""
    code = country_code(item.get("country") or "")
    region = region_code(code, item.get("region") or "")
    postal = item.get("postal_code")
    return {**item, **present(country_code=code, region_code=region, zip_code=postal)}
