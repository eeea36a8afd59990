from django.apps import AppConfig


class CascadeConfig(AppConfig):
    name = "cascade"
    verbose_name = "Replication"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from background.periodic import register as duty_register
        from cascade import periodic
        from cascade.engine.kinds import register
        from cascade.engine.selectors import calls_wait
        from cascade.replication_notices import replication_notices_check
        from cascade.shop import receivers
        from cascade.shop.abandoned_carts import CartKind
        from cascade.shop.affiliates import AffiliateKind
        from cascade.shop.orders.kind import OrderKind
        from cascade.shop.ranges import RANGES
        from cascade.shop.shipments import ShipmentKind
        from mappings.access.waiting import waiting_register
        from mappings.periodic import CHECKS

        for kind in (OrderKind(), CartKind(), AffiliateKind(), ShipmentKind()):
            register(kind)
        receivers.connect()
        periodic.connect()
        duty_register(RANGES)
        waiting_register(calls_wait)
        CHECKS.append(replication_notices_check)
