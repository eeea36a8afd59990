"""A delivery as the shop would make it, made by us: does one arrive, and what becomes of it?"""

from __future__ import annotations

from datetime import datetime

from django.utils.datastructures import CaseInsensitiveMapping

from intake.deliveries import delivery_take
from intake.models.events import InboundEvent
from intake.models.sources import Source
from intake.processing import event_process
from intake.registry import platform_get


class SendRefused(Exception):
    """Why no test event was made, in a sentence for the person who asked."""


def send_test_event(source: Source, now: datetime) -> InboundEvent:
    """Take an unpaid test order the way a delivery is taken, and process it; the delivery as it is then.

    Repeat: safe; each is another order. Nothing of it is sent to the CRM. Raises: TryRefused.
    """
    if not source.enabled:
        raise SendRefused("The source is switched off, so every delivery is refused; switch it on first.")
    platform = platform_get(source.platform)
    made = platform.test_delivery(source, now) if platform is not None else None
    if platform is None or made is None:
        raise SendRefused("Shops of this platform deliver nothing here, so there is nothing to try.")
    body, given = made
    headers = CaseInsensitiveMapping(given)
    if not platform.authenticate(source, headers, body):
        raise SendRefused(
            "The test event was refused, as every delivery of the shop would be. Enter the secret or "
            "password below, save, and send it again."
        )
    stored = delivery_take(source, platform, body, headers, InboundEvent.Channel.TEST)
    event_process(stored.event.pk, now)
    return InboundEvent.objects.defer("body").get(pk=stored.event.pk)
