"""Whether a cart that was left was bought after all.

It was if an order came of the very cart, or if an order of its e-mail address was placed after the cart was
left, or in the day before with an item of the cart. The order may be at any stage but rejected, in any shop
of the connection: it is one contact in the CRM. A cart is marked once and stays marked.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from carts.models.orders import Order
from carts.models.records import AbandonedCart
from carts.order_data import Stage
from carts.signals import cart_abandoned

SHARED_ITEM = timedelta(hours=24)  # this long before the cart was left, an order of one of its items counts
_BATCH = 200


def carts_bought_by(order: Order) -> int:
    """Mark the carts that this order shows to be bought, send `cart_abandoned` for each, return how many.

    Repeat: safe; a cart is marked once.
    """
    if order.stage == Stage.REJECTED or not getattr(order, "has_carts", True):
        return 0
    this_cart = Q(source_id=order.source_id, cart_id=order.cart_id) if order.cart_id else Q(pk__in=())
    theirs = Q(
        email_key=order.email_key,
        source__connection_id=order.source.connection_id,
        cart_at__lte=order.placed_at + SHARED_ITEM,
    )
    wanted = this_cart | theirs if order.email_key else this_cart
    rows = AbandonedCart.objects.filter(wanted, bought_at=None).order_by("pk")
    last = marked = 0
    while batch := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:_BATCH]):
        marked += sum(_mark(pk) for pk in batch)
        last = batch[-1]
    return marked


def cart_bought_check(cart: AbandonedCart) -> bool:
    """Return whether the cart is bought; one found so only now is marked, and `cart_abandoned` sent.

    Repeat: safe. `cart` is brought up to date.
    """
    if cart.bought_at is None and _order_of(cart) is not None:
        _mark(cart.pk)
        cart.refresh_from_db()
    return cart.bought_at is not None


def mark_if_bought(cart: AbandonedCart) -> None:
    """Mark a cart that the caller has just stored and announces itself."""
    order = _order_of(cart)
    if order is not None:
        cart.bought_at, cart.bought_by = timezone.now(), order
        cart.version += 1
        cart.save(update_fields=["bought_at", "bought_by", "version", "updated_at"])


def carts_recheck_on_commit(order: Order) -> None:
    """Once more when both can be seen: a cart may be stored at the same moment by another transaction."""

    transaction.on_commit(partial(carts_bought_by, order), robust=True)


def cart_recheck_on_commit(cart: AbandonedCart) -> None:
    transaction.on_commit(partial(_mark, cart.pk), robust=True)


def _mark(cart_id: int) -> bool:
    with transaction.atomic():
        rows = AbandonedCart.objects.select_for_update(of=("self",), no_key=True).select_related("source")
        cart = rows.filter(pk=cart_id, bought_at=None).first()
        if cart is None:
            return False
        mark_if_bought(cart)
        if cart.bought_at is None:
            return False
        cart_abandoned.send(sender=AbandonedCart, cart=cart, event=None)
    return True


def _order_of(cart: AbandonedCart) -> Order | None:
    """The earliest order that shows that the cart was bought."""
    orders = Order.objects.exclude(stage=Stage.REJECTED).order_by("placed_at", "id").defer("payload")
    by_token = orders.filter(source_id=cart.source_id, cart_id=cart.cart_id).first() if cart.cart_id else None
    if by_token is not None or not cart.email_key:
        return by_token
    theirs = orders.filter(email_key=cart.email_key, source__connection_id=cart.source.connection_id)
    after = theirs.filter(placed_at__gte=cart.cart_at).first()
    items = {line.item_id for line in cart.cart_data.lines}
    if after is not None or not items:
        return after
    before = theirs.filter(placed_at__gte=cart.cart_at - SHARED_ITEM, placed_at__lt=cart.cart_at)
    return before.filter(lines__item_id__in=items).first()
