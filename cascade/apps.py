from django.apps import AppConfig


class CascadeConfig(AppConfig):
    name = "cascade"
    verbose_name = "Replication"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cascade import receivers
        from cascade.kinds.affiliates import AffiliateKind
        from cascade.kinds.carts import CartKind
        from cascade.kinds.orders import OrderKind
        from cascade.kinds.shipments import ShipmentKind
        from cascade.subject_kind import register

        for kind in (OrderKind(), CartKind(), AffiliateKind(), ShipmentKind()):
            register(kind)
        receivers.connect()
