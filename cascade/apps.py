from django.apps import AppConfig


class CascadeConfig(AppConfig):
    name = "cascade"
    verbose_name = "Replication"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cascade import receivers, sweep
        from cascade.incidents import incidents_check
        from cascade.kinds.affiliates import AffiliateKind
        from cascade.kinds.carts import CartKind
        from cascade.kinds.orders import OrderKind
        from cascade.kinds.shipments import ShipmentKind
        from cascade.subject_kind import register
        from mappings.periodic import CHECKS

        for kind in (OrderKind(), CartKind(), AffiliateKind(), ShipmentKind()):
            register(kind)
        receivers.connect()
        sweep.connect()
        CHECKS.append(incidents_check)
