from django.apps import AppConfig


class LogsUiConfig(AppConfig):
    name = "logs_ui"
    verbose_name = "Replication log"

    def ready(self) -> None:
        from logs_ui.panels import PANELS
        from mappings.panels import panel_register

        for panel in PANELS:
            panel_register(panel)
