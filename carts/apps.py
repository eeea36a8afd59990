from django.apps import AppConfig


class CartsConfig(AppConfig):
    name = "carts"
    verbose_name = "Shops"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from carts import durability  # noqa: F401  registers its system check
        from carts.platforms import platforms
        from carts.services.sources import slugs_taken
        from mappings.binding import objection_register

        objection_register(slugs_taken)
        platforms()  # two of one name fail here, at start-up
