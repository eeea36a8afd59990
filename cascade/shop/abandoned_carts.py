"""Abandoned carts: a contact with tags, which are withdrawn when the cart is bought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from carts.ingest.purchases import cart_bought_check
from carts.models import AbandonedCart, Order, OrderLine
from carts.record_data import CartData
from cascade.engine.journal import State, subject_entries
from cascade.engine.kinds import ReplicationKind
from cascade.engine.subject_words import ApiId, Belonging, Fact, Subject, SubjectPage
from cascade.models import JournalEntry, Replication
from cascade.plan import INTEGRATION_OFF, Draft, Plan, PlannedStep, skipped
from cascade.planning.contact import contact_args
from cascade.planning.contact_steps import product_tag_names, tag_steps
from cascade.planning.lookups import tags_gather
from cascade.planning.rules import Names, Rules, rules_of
from cascade.shop.names import ShopKind
from cascade.shop.related import related_to
from cascade.shop.search import rows_search
from crm.contract import Crm
from crm.lengths import EMAIL
from mappings.models import Connection

MOST_ITEMS = MOST_ENTRIES = 2000
SHOWN_ITEMS = 3


@dataclass(frozen=True, slots=True)
class Tagged:
    tag_id: int
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CartFacts:
    """`tagged`: what this cart gave already; `contact`: the arguments by which its contact was written;
    `kept_tags`: what an order of the buyer, or a cart that is still left, gives, which therefore stays."""

    bought: bool = False
    bought_by: str = ""
    tagged: tuple[Tagged, ...] = ()
    contact: dict[str, Any] | None = None
    kept_tags: frozenset[str] = frozenset()


class CartKind(ReplicationKind[AbandonedCart]):
    name = ShopKind.CART
    subject = AbandonedCart
    title, word = "Abandoned cart", "cart"
    api_id = ApiId("cart_id", "Of an abandoned cart, else empty.", "The shop's id of an abandoned cart.")
    columns = ("cart__cart_id", "cart__email", "cart__data")
    searched = ("cart",)

    def keys(self, subject: AbandonedCart) -> dict[str, Any]:
        key = f"{subject.source.slug}/{subject.cart_id}"
        return {
            "connection_id": subject.source.connection_id,
            "kind": self.name,
            "subject_key": key,
            "contact_key": subject.email_key or f"cart {key}",
        }

    def links(self, subject: AbandonedCart) -> dict[str, Any]:
        return {"cart": subject, "source_id": subject.source_id}

    def subject_of(self, replication: Replication) -> AbandonedCart | None:
        rows = AbandonedCart.objects.select_related("source", "bought_by")
        return rows.filter(pk=replication.cart_id).first() if replication.cart_id else None

    def version(self, subject: AbandonedCart) -> int:
        return subject.version

    def fingerprint(self, subject: AbandonedCart) -> str:
        return f"{subject.content_hash[:40]} {'bought' if subject.bought_at else 'left'}"

    def after_run(self, subject: AbandonedCart) -> None:
        cart_bought_check(subject)

    def plan(self, replication: Replication, subject: AbandonedCart, crm: Crm, *, anew: bool) -> Plan:
        if cart_bought_check(subject):  # an order may have come in at the very same moment
            subject.refresh_from_db()
        connection, data = replication.connection, subject.cart_data
        entries = subject_entries(replication)
        rules = rules_of(connection, {line.item_id for line in data.lines})
        facts = _bought_facts(subject, rules, connection, entries) if subject.bought_at else CartFacts()
        plan = build_cart_plan(data, rules, Names(), facts)
        if plan.steps and not facts.bought:
            names = tags_gather(connection, crm, cart_tag_names(data, rules), now=timezone.now(), anew=anew)
            plan = build_cart_plan(data, rules, names, facts)
        return plan

    def describe(self, row: Replication) -> Subject:
        cart = row.cart
        if cart is None:
            return super().describe(row)
        return self.words(cart.cart_id, email=cart.email, detail=items_words(cart.data.get("lines")))

    def joined(self, rows: QuerySet[Replication]) -> QuerySet[Replication]:
        heavy = ("cart__bought_by__payload", "cart__bought_by__data")
        return rows.select_related("cart__bought_by").defer(*heavy)

    def page(self, row: Replication) -> SubjectPage:
        cart, subject = row.cart, self.describe(row)
        if cart is None:
            return SubjectPage(subject=subject)
        order = cart.bought_by
        facts = [
            Fact(term="In the cart", text=subject.detail or "not told by the shop"),
            Fact(term="Left", at=cart.cart_at),
            Fact(term="Told by the shop", at=cart.arrived_at),
        ]
        if cart.bought_at:
            facts.append(Fact(term="Bought", at=cart.bought_at, text=f", order {order}" if order else ""))
        if order is None:
            return SubjectPage(subject=subject, facts=facts, event_id=cart.event_id)
        related = related_to(row, order)
        waits = "bought what was in this cart; it has no replication yet"
        return SubjectPage(
            subject=subject,
            facts=facts,
            event_id=cart.event_id,
            belongs_to=f"order {order}",
            related=related,
            belongings=[] if related else [Belonging(title=f"Order {order}", sub=waits)],
        )

    def search(self, connections: QuerySet[Connection], text: str) -> list[QuerySet[Any]]:
        return rows_search(self.name, AbandonedCart, ("cart_id",), connections, text)

    def found(self, ids: Sequence[int]) -> Q:
        return Q(cart__in=ids)


def items_words(lines: object) -> str:
    """The first items of a stored cart, and how many more there are."""
    found = [line for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []
    words = []
    for line in found[:SHOWN_ITEMS]:
        quantity, item = (
            str(line.get("quantity") or "1"),
            str(line.get("item_id") or line.get("title") or "?"),
        )
        words.append(item if quantity == "1" else f"{quantity} × {item}")
    more = len(found) - len(words)
    return ", ".join(words) + (f" and {more} more" if more > 0 else "")


def _bought_facts(
    cart: AbandonedCart, rules: Rules, connection: Connection, entries: list[JournalEntry]
) -> CartFacts:
    # What the same buyer's other carts gave and took back, the latest first.
    others: list[JournalEntry] = []
    if cart.email_key:
        rows = JournalEntry.objects.filter(
            connection=connection,
            kind__in=("apply_tag", "remove_tag"),
            sends__gt=0,
            replication__cart__email_key=cart.email_key,
        )
        rows = rows.exclude(replication__cart=cart).select_related("replication__cart").order_by("-id")
        others = list(rows[:MOST_ENTRIES])
    return CartFacts(
        bought=True,
        bought_by=str(cart.bought_by) if cart.bought_by else "",
        tagged=tuple(_tagged(entries, others, connection)),
        contact=next((entry.args for entry in entries if entry.step == "contact" and entry.done_at), None),
        kept_tags=_order_tags(cart, rules, connection)
        # Carts that are still left keep their tags, whichever cart gave them.
        | {
            entry.args["name"]
            for entry in others
            if _applied(entry) and (other := entry.replication.cart) and other.bought_at is None
        },
    )


def _tagged(entries: list[JournalEntry], others: list[JournalEntry], connection: Connection) -> list[Tagged]:
    """The tags this cart gave, or may have given. One that the contact had before is not ours to withdraw,
    unless it had it of another cart, which did not take it back.
    """
    # The tags that another tag's call gave, or may have given: REST takes all of them in one.
    tags = [entry for entry in entries if entry.kind == "apply_tag"]
    along = {int(tag_id) for entry in tags for tag_id, new in entry.external.get("tags", {}).items() if new}
    # What the CRM said of a tag, if anything, may not have been said of the first send.
    doubtful = [each for each in tags if each.sends > 1 or (each.sends == 1 and each.state != State.DONE)]
    if connection.protocol != Connection.Protocol.XMLRPC and doubtful:
        along |= {entry.args["tag_id"] for entry in tags}
    taken_back = {(entry.subject_key, entry.args["tag_id"]) for entry in others if entry.kind == "remove_tag"}
    given = {(entry.subject_key, entry.args["tag_id"]) for entry in others if _gave(entry)}
    shared = {tag_id for _, tag_id in given - taken_back}
    return [
        Tagged(tag_id=entry.args["tag_id"], name=entry.args["name"])
        for entry in entries
        if _gave(entry)
        or (_applied(entry) and entry.args["tag_id"] in shared)
        or (entry.kind == "apply_tag" and entry.args["tag_id"] in along)
    ]


def _applied(entry: JournalEntry) -> bool:
    return entry.kind == "apply_tag" and entry.sends > 0


def _gave(entry: JournalEntry) -> bool:
    changed = entry.result != "unchanged" or entry.sends > 1 or entry.state != State.DONE
    return _applied(entry) and changed


def _order_tags(cart: AbandonedCart, rules: Rules, connection: Connection) -> frozenset[str]:
    """Every tag that an order of this buyer gives: those stay, whoever gave them."""
    lines = OrderLine.objects.filter(
        order__source__connection_id=cart.source.connection_id, order__email_key=cart.email_key
    )
    items = set(lines.values_list("item_id", flat=True).distinct()[:MOST_ITEMS]) if cart.email_key else set()
    if isinstance(cart.bought_by, Order):
        items |= set(cart.bought_by.lines.values_list("item_id", flat=True)[:MOST_ITEMS])
    bought = rules_of(connection, items)
    general = (rules.new_customer_tag, rules.repeat_customer_tag, rules.mailing_list_tag)
    return frozenset({*rules.contact_tags, *general, *product_tag_names(items, bought)})


# -- the plan: pure ------------------------------------------------------------------------------------


def cart_tag_names(cart: CartData, rules: Rules) -> tuple[str, ...]:
    items = (line.item_id for line in cart.lines)
    products = product_tag_names(items, rules) if rules.cart_product_tags else ()
    return tuple(dict.fromkeys((*rules.cart_tags, *products)))


def build_cart_plan(cart: CartData, rules: Rules, names: Names, facts: CartFacts) -> Plan:
    """Tag the contact, or take the tags away again once the cart was bought. Raises nothing."""
    draft = Draft()
    if facts.bought:
        why = _withdraw(draft, rules, facts)
    elif not (why := _not_sent(cart, rules)):
        draft.say("Sent: the cart was left and not bought so far.")
        args, remarks = contact_args(cart, rules)
        for remark in remarks:
            draft.say(remark, "warning")
        draft.steps.append(PlannedStep(name="contact", kind="upsert_contact", args=args))
        draft.steps.extend(tag_steps(draft, cart_tag_names(cart, rules), names))
    return skipped(why) if why else draft.plan()


def _withdraw(draft: Draft, rules: Rules, facts: CartFacts) -> str:
    """Take away the tags of a cart that was bought; or why not."""
    by = f" by order {facts.bought_by}" if facts.bought_by else ""
    if not facts.tagged or facts.contact is None:
        return f"Not sent: the cart was bought{by}."
    if not rules.enabled:
        return (
            f"The cart was bought{by}, but its tags stay for now: the integration is off. Enable it on the "
            "settings page, then resend."
        )
    draft.say(f"The cart was bought{by}: its tags are withdrawn.")
    draft.steps.append(PlannedStep(name="contact", kind="upsert_contact", args=facts.contact))
    for tag in facts.tagged:
        if tag.name in facts.kept_tags:
            draft.say(f"Tag “{tag.name}” stays: an order of the buyer or a cart still left gives it too.")
            continue
        args = {"tag_id": tag.tag_id, "name": tag.name}
        step = PlannedStep(name=f"untag:{tag.tag_id}", kind="remove_tag", args=args, needs=("contact",))
        draft.steps.append(step)
    return ""


def _not_sent(cart: CartData, rules: Rules) -> str:
    if not rules.enabled:
        return INTEGRATION_OFF
    if not rules.cart_tags:
        return (
            "Not sent: no Contact Tag is set under Abandoned Cart → Contact. Set one to send carts, then "
            "resend."
        )
    if not cart.email.strip():
        return "Not sent: the cart has no e-mail address, so nobody can be told apart."
    if "@" not in cart.email or len(cart.email.strip()) > EMAIL:
        return "Not sent: the cart's e-mail is not a usable address."
    if rules.mailing_list_filter and not cart.mailing_list:
        return (
            "Not sent: the buyer did not tick the mailing list box, and Mailing List Filter is set. Untick "
            "it under Order → Contact to send such carts."
        )
    return ""
