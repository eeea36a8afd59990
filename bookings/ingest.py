"""News of bookings taken in: which chain it is about, what the chain is now, and whether that is new."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from bookings.booking_data import BookingEventData, BookingMention
from bookings.booking_platform import BookingPlatform
from bookings.chain import Chain, chain_of
from bookings.models import Booking, BookingEvent, Segment
from bookings.rules import ONE, BookingRules
from bookings.selectors import rules_of
from cascade.services import replication_changed, replication_open
from crm.emails import email_key
from intake.models import InboundEvent, Source
from intake.platform import BadPayload
from intake.records import IngestOutcome
from intake.registry import platform_get

MOST_SEGMENTS = 200  # of one chain; a booking is not moved that often
LONGEST_ID = 255


def mention_ingest(event: InboundEvent, platform: object, mention: BookingMention) -> IngestOutcome:
    """Nothing is believed of an event that only names a booking: where its platform cannot be asked, a person
    has to make that possible. Raises: BadPayload.
    """
    if event.channel == InboundEvent.Channel.TEST:
        return IngestOutcome.TRIED
    raise BadPayload(
        f"The event names booking {mention.segment_id} and tells nothing of it, and the booking could not be "
        "read from the platform's API. Check the API credentials of the source, then process the event again."
    )


def event_ingest(
    source: Source, news: BookingEventData, inbound: InboundEvent | None = None, now: datetime | None = None
) -> IngestOutcome:
    """Take one piece of news in, and have the booking replicated if it changed. Needs a transaction.

    Repeat: safe; the same news is `repeated`, one that changes nothing any more `outdated`.
    Raises: BadPayload for an id that cannot be stored.
    """
    if inbound is not None and inbound.channel == InboundEvent.Channel.TEST:
        return IngestOutcome.TRIED
    now = now or timezone.now()
    ids = [each for each in (news.segment_id, news.replaces, news.replaced_by) if each]
    if any(len(each) > LONGEST_ID for each in (*ids, news.event_id, news.series_id)) or not news.segment_id:
        raise BadPayload("The booking's id is missing or longer than 255 characters.")
    # One at a time for each source: chains are joined here.
    Source.objects.select_for_update(no_key=True).only("pk").get(pk=source.pk)
    if BookingEvent.objects.filter(source=source, event_id=news.event_id).exists():
        return IngestOutcome.REPEATED
    chains = _chains_of(source, ids, news)
    is_new = not chains
    booking = chains[0] if chains else _begin(source, news)
    for other in chains[1:]:
        _merge(other, booking)
    _segments(source, booking, ids, news)
    BookingEvent.objects.create(
        source=source,
        booking=booking,
        event_id=news.event_id,
        segment_id=news.segment_id,
        news=news.news,
        occurred_at=news.occurred_at,
        data=news.to_json(),
        inbound=inbound,
    )
    changed = booking_refresh(booking, now)
    if len(chains) > 1 and not changed:
        replication_open(booking)  # what its new parts put on the contact is its to keep or take off
    if is_new:
        return IngestOutcome.CREATED
    return IngestOutcome.UPDATED if changed or len(chains) > 1 else IngestOutcome.OUTDATED


def booking_refresh(booking: Booking, now: datetime) -> bool:
    """Work the booking out anew, and have it replicated if that changed it. Needs a transaction.

    Repeat: safe.
    """
    rules = rules_of(booking.source)
    chain = chain_now(booking, rules, now)
    data = chain.booking
    content = [asdict(data), chain.state, chain.actor, chain.reassigned, chain.since, chain.reason]
    content += [chain.first_id, chain.suspected, chain.host_absent, booking.merged_into_id]
    content.append(tag_is_over(chain, rules, now))
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
    name = data.whole_name or f"{data.customer.first_name} {data.customer.last_name}".strip()
    fell_back = booking.since is not None and (chain.since is None or chain.since < booking.since)
    booking.shown_id = chain.first_id
    booking.state, booking.actor, booking.since = chain.state, chain.actor, chain.since
    booking.email, booking.email_key = data.email[:255], email_key(data.email)[:255]
    booking.name, booking.subject = name[:255], data.subject[:500]
    booking.host_email = data.host.email[:255]
    booking.starts_at, booking.ends_at = data.starts_at, chain.ends_at
    booking.data = _json(data)
    told = tells_completion(booking.source)
    booking.due_at = chain.completes_at(rules.grace, told=told) or _tag_ends_at(chain, rules)
    if booking.due_at is not None and booking.due_at <= now:
        booking.due_at = None
    changed = digest != booking.content_hash
    if changed:
        booking.version += 1
        booking.content_hash = digest
    booking.save()
    if changed:
        replication_changed(booking)
    if fell_back:
        lifecycle_hand_over(booking)
    return changed


def lifecycle_hand_over(booking: Booking) -> None:
    """The news that told the contact's lifecycle is gone: that of its latest other booking tells it now."""
    others = Booking.objects.filter(
        source__connection_id=booking.source.connection_id, email_key=booking.email_key, merged_into=None
    ).exclude(pk=booking.pk)
    latest = others.exclude(since=None).order_by("-since", "-pk").first() if booking.email_key else None
    if latest is not None:
        replication_open(latest)


def chain_now(booking: Booking, rules: BookingRules, now: datetime) -> Chain:
    """The fold over all that is known of the booking, with the clock's word."""
    rows = BookingEvent.objects.filter(booking=booking).values_list("data", flat=True)
    events = [BookingEventData.from_json(data) for data in rows]
    chain = chain_of(events, suspected_is_no_show=rules.suspected_is_no_show)
    return chain.at(now, rules.grace, told=tells_completion(booking.source))


def tells_completion(source: Source) -> bool:
    platform = platform_get(source.platform)
    return isinstance(platform, BookingPlatform) and platform.tells_completion


def _json(data: object) -> dict[str, object]:
    made: dict[str, object] = json.loads(
        json.dumps(asdict(data), default=lambda moment: moment.astimezone(UTC).isoformat())  # type: ignore[call-overload]
    )
    return made


# -- which chain ----------------------------------------------------------------------------------------


def _chains_of(source: Source, ids: Sequence[str], news: BookingEventData) -> list[Booking]:
    """The chains that the news touches, the one that is known longest first."""
    found = set(
        Segment.objects.filter(source=source, segment_id__in=ids).values_list("booking_id", flat=True)
    )
    if news.series_id and news.booking is not None and news.booking.email:
        series = Segment.objects.filter(
            source=source, series_id=news.series_id, email_key=email_key(news.booking.email)
        )
        found |= set(series.values_list("booking_id", flat=True))
    rows = Booking.objects.select_for_update(of=("self",), no_key=True).select_related("source__connection")
    return list(rows.filter(pk__in=found).order_by("pk"))


def _begin(source: Source, news: BookingEventData) -> Booking:
    return Booking.objects.create(source=source, key=news.segment_id, shown_id=news.segment_id, version=0)


def _segments(source: Source, booking: Booking, ids: Iterable[str], news: BookingEventData) -> None:
    segments = Segment.objects.filter(source=source, segment_id__in=ids)
    known = set(segments.values_list("segment_id", flat=True))
    if booking.segments.count() + len(set(ids) - known) > MOST_SEGMENTS:
        raise BadPayload(f"The booking was moved more than {MOST_SEGMENTS} times, which no booking is.")
    Segment.objects.bulk_create(
        Segment(source=source, booking=booking, segment_id=each)
        for each in dict.fromkeys(ids)
        if each not in known
    )
    if news.series_id and news.booking is not None and news.booking.email:
        Segment.objects.filter(source=source, segment_id=news.segment_id).update(
            series_id=news.series_id, email_key=email_key(news.booking.email)
        )


def _merge(other: Booking, booking: Booking) -> None:
    """Two chains turn out to be one: the later known gives up what it has, and takes back what it made."""
    Segment.objects.filter(booking=other).update(booking=booking)
    BookingEvent.objects.filter(booking=other).update(booking=booking)
    Booking.objects.filter(merged_into=other).update(merged_into=booking)
    other.merged_into, other.due_at = booking, None
    other.version += 1
    other.content_hash = f"merged into {booking.pk}"
    other.save()
    replication_changed(other)


def tag_is_over(chain: Chain, rules: BookingRules, now: datetime) -> bool:
    """Whether the booking's own tag has been kept as long as the merchant wants it."""
    ends_at = _tag_ends_at(chain, rules)
    return ends_at is not None and ends_at <= now


def _tag_ends_at(chain: Chain, rules: BookingRules) -> datetime | None:
    if not rules.booking_tag_days or rules.booking_tags != ONE or chain.ends_at is None:
        return None
    return chain.ends_at + timedelta(days=rules.booking_tag_days)
