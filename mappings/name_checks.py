"""Which of a connection's tag names, products and payment types the CRM really has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from django.utils import timezone

from crm.errors import NotSupported, OutcomeUnknown
from crm.records import ProductRecord
from mappings.directory import Resolution, directory_forget, ids_known, names_ask, names_known
from mappings.directory_lists import list_stale
from mappings.findings import Finding, Level
from mappings.models import (
    Connection,
    DirectoryEntry,
    PaymentTypeMapping,
    ProductGoal,
    ProductMapping,
    ProductTag,
)
from mappings.names import names_split, near_miss, near_misses
from mappings.trial import Trial, Use, all_well, chunks, hint, is_id, not_all, uses_of

TAG, PRODUCT = DirectoryEntry.Kind.TAG, DirectoryEntry.Kind.PRODUCT
TAG_LISTS = ("contact_tags", "cart_tags", "affiliate_tags", "refund_tags", "cancelled_tags")
SINGLE_TAGS = ("new_customer_tag", "repeat_customer_tag", "mailing_list_tag")
NAMES_AT_ONCE = 10
IDS_AT_ONCE = 200


def tag_uses(trial: Trial) -> dict[str, list[Use]]:
    """Where each tag name is set: the settings in their order, then the items."""
    return uses_of(_tags_set(trial))


def _tags_set(trial: Trial) -> Iterator[tuple[str, Use]]:
    connection = trial.connection
    for field in TAG_LISTS:
        for name in names_split(getattr(connection, field)):
            yield name, Use(field)
    for field in SINGLE_TAGS:
        if name := getattr(connection, field).strip():
            yield name, Use(field)
    for row in trial.mapped.of(ProductTag):
        yield row.tag_name, Use("product_tags", row.item_id, f", which the item {row.item_id} gives")


def tag_findings(trial: Trial) -> Iterator[Finding]:
    """Look every tag name up anew; create the missing ones where the merchant chose that."""
    connection = trial.connection
    uses = tag_uses(trial)
    there = _still_there(trial, list(uses))
    wrong: list[Finding] = []
    absent: set[str] = set()
    asked = [name for name in uses if name not in there]
    for chunk in chunks(asked, NAMES_AT_ONCE):
        if trial.clock.is_over:
            left = asked[asked.index(chunk[0]) :]
            yield not_all(uses[left[0]][0].field, "tag names")
            yield from all_well(uses, wrong, "tags", unasked=_fields(uses, left))
            return
        answers = names_ask(connection, trial.crm, TAG, chunk, now=timezone.now())
        gone = [name for name, answer in answers.items() if answer.crm_id is None]
        absent.update(gone)
        resembling = near_misses(gone, names_known(connection, TAG)) if gone else {}
        for name, answer in answers.items():
            found = list(_tag_findings(trial, uses[name], answer, resembling.get(name)))
            wrong += found
            yield from found
    if absent and connection.pk is not None:
        list_stale(connection, TAG)  # what is created next should be in the pick list
    yield from all_well(uses, wrong, "tags")


def _still_there(trial: Trial, names: Sequence[str]) -> set[str]:
    """Those of the names whose remembered ids the CRM still knows by them: many names, one call."""
    remembered = ids_known(trial.connection, TAG, names)
    there: set[str] = set()
    for chunk in chunks(sorted(remembered), IDS_AT_ONCE):
        there |= {tag.name for tag in trial.crm.load_tags(chunk) if remembered.get(tag.id) == tag.name}
    return there


def _tag_findings(
    trial: Trial, places: Sequence[Use], answer: Resolution, resembling: str | None
) -> Iterator[Finding]:
    chose_creation = trial.connection.unknown_tags == Connection.UnknownTags.CREATE
    if answer.crm_id is None and chose_creation and trial.creates:
        yield _tag_create(trial, places[0], answer.name)
    elif answer.crm_id is None:
        cure = hint(resembling) or " Create it there, or correct the name here."
        for use in places:
            yield use.finding(Level.ERROR, f"The CRM has no tag “{answer.name}”{use.by}.{cure}")
    elif answer.matches > 1:
        yield places[0].finding(
            Level.WARNING,
            f"{answer.matches} tags of the CRM are called “{answer.name}”; the one with the id "
            f"{answer.crm_id} is used.",
        )


def _tag_create(trial: Trial, use: Use, name: str) -> Finding:
    """Create a tag that was just looked up in vain, then look it up again."""
    try:
        trial.crm.create_tag(name)
    except OutcomeUnknown as err:
        sentence = f"Whether the tag “{name}” was created is not known: {err.message} Save again to look."
        return use.finding(Level.ERROR, sentence)
    if names_ask(trial.connection, trial.crm, TAG, [name], now=timezone.now())[name].crm_id is None:
        sentence = f"The tag “{name}” was created, but the CRM does not find it yet. Save again to look."
        return use.finding(Level.WARNING, sentence)
    return use.finding(Level.OK, f"The tag “{name}” was created in the CRM.")


def product_uses(trial: Trial) -> dict[int, list[Use]]:
    """Where each product id is set: the mapped items, and the goals that a product triggers."""
    mapped = (
        (
            row.crm_product_id,
            Use("product_mappings", row.item_id, f"to which the item {row.item_id} is mapped"),
        )
        for row in trial.mapped.of(ProductMapping)
    )
    triggers = (
        (int(row.value), Use("product_goals", row.value, f"which triggers the goal {row.call_name}"))
        for row in trial.mapped.of(ProductGoal)
        if row.trigger == ProductGoal.Trigger.PRODUCT and is_id(row.value)
    )
    return uses_of([*mapped, *triggers])


def product_findings(trial: Trial) -> Iterator[Finding]:
    """Load every product that is mapped or triggers a goal, by its id."""
    uses = product_uses(trial)
    wrong: list[Finding] = []
    ids = sorted(uses)
    for chunk in chunks(ids, IDS_AT_ONCE):
        if trial.clock.is_over:
            left = ids[ids.index(chunk[0]) :]
            yield not_all("product_mappings", "mapped products")
            yield from all_well(uses, wrong, "products", unasked=_fields(uses, left))
            return
        found = {record.id: record for record in trial.crm.load_products(chunk)}
        for product_id in set(chunk) - set(found):
            directory_forget(trial.connection, PRODUCT, crm_id=product_id)
        for product_id in chunk:
            bad = list(_product_findings(product_id, uses[product_id], found.get(product_id)))
            wrong += bad
            yield from bad
    yield from all_well(uses, wrong, "products")


def _product_findings(
    product_id: int, places: Sequence[Use], record: ProductRecord | None
) -> Iterator[Finding]:
    for use in places:
        if record is None:
            yield use.finding(Level.ERROR, f"The CRM has no product with the id {product_id}, {use.by}.")
        elif not record.active:
            sentence = f"The product {product_id} ({record.name}), {use.by}, is inactive in the CRM."
            yield use.finding(Level.WARNING, sentence)


def payment_uses(trial: Trial) -> dict[str, list[Use]]:
    """Where each payment type is named; nowhere if no order is made."""
    if trial.connection.skip_order_creation:
        return {}
    default = (trial.connection.default_payment_type, Use("default_payment_type"))
    rows = trial.mapped.of(PaymentTypeMapping)
    return uses_of([default, *((row.crm_type, Use("payment_types", row.shop_method)) for row in rows)])


def payment_type_findings(trial: Trial) -> Iterator[Finding]:
    """Compare with the CRM's list, where the API has one."""
    uses = payment_uses(trial)
    if not uses:
        return
    try:
        offered = trial.crm.list_payment_types()
    except NotSupported:
        sentence = (
            "Not probed: REST has no list of them. Write each exactly as the CRM's order settings show it."
        )
        yield Finding(Level.OK, "default_payment_type", sentence)
        return
    wrong = [
        use.finding(Level.ERROR, f"The CRM has no payment type “{name}”.{hint(near_miss(name, offered))}")
        for name, places in uses.items()
        if name not in offered
        for use in places
    ]
    yield from wrong
    yield from all_well(uses, wrong, "payment types")


def _fields(
    uses: Mapping[str, Sequence[Use]] | Mapping[int, Sequence[Use]], left: Sequence[object]
) -> set[str]:
    """The fields in which something of what is left is set."""
    rest = set(left)
    return {use.field for key, places in uses.items() if key in rest for use in places}
