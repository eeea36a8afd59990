from django.apps import AppConfig


class LogsUiConfig(AppConfig):
    name = "logs_ui"
    verbose_name = "Replication log"

    def ready(self) -> None:
        from logs_ui.panels import log_panel
        from mappings.panels import panel_register

        panel_register(log_panel)
