from django.apps import AppConfig


class ObjectsConfig(AppConfig):
    name = "objects"
    verbose_name = "Objects"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cascade.engine.kinds import register as kind_register
        from cascade.steps import register as step_register
        from intake.api.resources import resource_register
        from intake.records import RecordType, record_type_register
        from objects.api.resources import OBJECT
        from objects.ingest import event_ingest
        from objects.kind import ObjectKind
        from objects.object_data import ObjectData
        from objects.steps import OBJECT_STEPS

        record_type_register(RecordType(data=ObjectData, ingest=event_ingest))
        resource_register(OBJECT)
        for step in OBJECT_STEPS:
            step_register(step)
        kind_register(ObjectKind())
