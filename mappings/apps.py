from django.apps import AppConfig


class MappingsConfig(AppConfig):
    name = "mappings"
    verbose_name = "Merchants and mappings"
    default_auto_field = "django.db.models.BigAutoField"
