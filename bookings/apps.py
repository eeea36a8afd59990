from django.apps import AppConfig


class BookingsConfig(AppConfig):
    name = "bookings"
    verbose_name = "Bookings"
    default_auto_field = "django.db.models.BigAutoField"
    has_platforms = True

    def ready(self) -> None:
        from background.periodic import register as duty_register
        from bookings.api.resources import BOOKINGS as BOOKINGS_PUT_IN
        from bookings.booking_data import BookingEventData, BookingMention
        from bookings.ingest import event_ingest, mention_ingest
        from bookings.kind import BookingKind
        from bookings.periodic import BOOKINGS
        from bookings.steps import BOOKING_STEPS
        from cascade.engine.kinds import register as kind_register
        from cascade.steps import register as step_register
        from intake.api.resources import resource_register
        from intake.records import RecordType, record_type_register

        record_type_register(
            RecordType(
                data=BookingEventData,
                ingest=lambda event, _, news: event_ingest(event.source, news, event),
                refresh_id=lambda news: news.segment_id if news.ask_again else "",
            )
        )
        record_type_register(
            RecordType(
                data=BookingMention,
                ingest=mention_ingest,
                refresh_id=lambda mention: mention.segment_id,
                is_mention=True,
            )
        )
        resource_register(BOOKINGS_PUT_IN)
        for step in BOOKING_STEPS:
            step_register(step)
        kind_register(BookingKind())
        duty_register(BOOKINGS)
