from django.apps import AppConfig


class MappingsConfig(AppConfig):
    name = "mappings"
    verbose_name = "Merchants and mappings"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from mappings import periodic
        from mappings.access.quota import limits  # noqa: F401  registers its system check
        from mappings.batch.panel import batch_panel
        from mappings.panels import panel_register

        panel_register(batch_panel)
        periodic.connect()
