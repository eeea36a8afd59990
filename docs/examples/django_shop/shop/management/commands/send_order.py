"""Send one paid order to the CRM: `manage.py send_order tea A-1 --email ada@example.com`."""

from decimal import Decimal

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from carts.ingest.orders import order_ingest
from carts.order_data import Charge, ChargeKind, OrderData, OrderLineData, Stage
from intake.models import Source
from intake.party import Party


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("source", help="the source's short name (slug)")
        parser.add_argument("order_id")
        parser.add_argument("--email", required=True)

    def handle(self, *, source, order_id, email, **options):
        # In a shop this is the transaction that stores its own order: both are there, or neither.
        with transaction.atomic():
            result = order_ingest(Source.objects.get(slug=source), order_of(order_id, email))
        self.stdout.write(f"{result.outcome}: order {order_id}, version {result.order.version}")


def order_of(order_id, email):
    """A shop makes this of its own models: the whole order each time, and when it last changed."""
    now = timezone.now()
    return OrderData(
        shop_order_id=order_id,
        stage=Stage.PAID,
        placed_at=now,
        version_at=now,
        email=email,
        billing=Party(first_name="Ada", last_name="Lovelace", country="GB"),
        currency="USD",
        lines=(
            OrderLineData(
                key="1", item_id="TEAPOT", title="Teapot", quantity=Decimal(1), unit_price=Decimal("39.00")
            ),
        ),
        charges=(Charge(key="post", kind=ChargeKind.SHIPPING, title="Post", amount=Decimal("4.50")),),
        total=Decimal("43.50"),
    )
