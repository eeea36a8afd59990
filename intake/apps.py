from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "intake"
    verbose_name = "Sources and events"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from background.periodic import register
        from intake.periodic import EVENTS, SHOPS
        from intake.registry import platforms
        from intake.sources import slugs_taken
        from intake.watch.notices import inflow_check
        from mappings.binding import objection_register
        from mappings.periodic import CHECKS

        objection_register(slugs_taken)
        register(SHOPS)
        register(EVENTS)
        CHECKS.append(inflow_check)
        platforms()  # two of one name fail here, at start-up
