from django.apps import AppConfig


class CartsConfig(AppConfig):
    name = "carts"
    verbose_name = "Shops"
    default_auto_field = "django.db.models.BigAutoField"
    has_platforms = True

    def ready(self) -> None:
        from background.periodic import register
        from carts import durability  # noqa: F401  registers its system check
        from carts.api.resources import RESOURCES
        from carts.gaps import CAUSE, gaps_watch
        from carts.ingest.registered import RECORD_TYPES
        from carts.periodic import CHECKOUTS
        from intake.api.resources import resource_register
        from intake.records import record_type_register
        from intake.watch.notices import watch_register

        watch_register(CAUSE, gaps_watch)
        for record_type in RECORD_TYPES:
            record_type_register(record_type)
        for resource in RESOURCES:
            resource_register(resource)
        register(CHECKOUTS)
