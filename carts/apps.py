from django.apps import AppConfig


class CartsConfig(AppConfig):
    name = "carts"
    verbose_name = "Shops"
    default_auto_field = "django.db.models.BigAutoField"
    has_platforms = True

    def ready(self) -> None:
        from background.periodic import register
        from carts import durability  # noqa: F401  registers its system check
        from carts.inflow.alarms import inflow_check, watch_register
        from carts.inflow.gaps import CAUSE, gaps_watch
        from carts.periodic import CHECKOUTS
        from carts.platforms.registry import platforms
        from carts.poll_rounds import connect
        from carts.services.registered import RECORD_TYPES
        from carts.services.sources import slugs_taken
        from carts.services.told import record_type_register
        from mappings.binding import objection_register
        from mappings.periodic import CHECKS

        objection_register(slugs_taken)
        watch_register(CAUSE, gaps_watch)
        for record_type in RECORD_TYPES:
            record_type_register(record_type)
        connect()
        register(CHECKOUTS)
        CHECKS.append(inflow_check)
        platforms()  # two of one name fail here, at start-up
