"""What is to be done in the CRM for one booking: contact, appointment, tags, goal. Pure.

Whatever the order of the news, the same chain ends in the same plan; what was done for an earlier reading of
it is brought up to date by the same steps, or taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bookings.booking_data import BookingData
from bookings.booking_fields import ANSWER
from bookings.chain import Chain
from bookings.phases import Phase
from bookings.rules import (
    APPOINTMENT,
    CONTACT,
    EACH_PHASE,
    FILL,
    FIXED,
    HOST,
    KEEP,
    NOT_CONNECTED,
    ONE,
    BookingRules,
    HostRule,
    MappedField,
    OwnTag,
)
from bookings.steps.create_category import LEAD_SOURCES, TAGS
from bookings.values import answer_key, called, day_read, local_time, values_of, zone_of
from cascade.plan import INTEGRATION_OFF, Draft, Plan, PlannedStep, PlanVerdict, skip, skipped, step_name
from cascade.planning.contact import clean_text
from cascade.planning.field_values import crm_value, unknown_field
from crm import lengths
from crm.list_records import CustomField, FieldType
from mappings.directory.names import Resolution

PREFIXES: Mapping[str, str] = {
    "canceled": "CANCELED: ",
    "reschedule_requested": "CANCELED: ",
    "no_show": "NO-SHOW: ",
}
LONGEST_TITLE = 255
LONGEST_NOTES = 20_000
MOST_GUESTS = 20
TOO_OLD = timedelta(days=365)
CONTACT_NAMES: Mapping[str, tuple[str, int]] = {
    "FirstName": ("first_name", lengths.NAME),
    "LastName": ("last_name", lengths.NAME),
    "Company": ("company", lengths.OTHER_TEXT),
    "Title": ("title", lengths.OTHER_TEXT),
    "Website": ("website", lengths.OTHER_TEXT),
}
PHONE_NAMES = ("Phone1", "Phone2", "Phone3", "Phone4", "Phone5")
ADDRESS_NAMES: Mapping[str, str] = {
    "StreetAddress1": "street1",
    "City": "city",
    "State": "region",
    "PostalCode": "postal_code",
    "Country": "country",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class BookingFacts:
    """What is known beside the chain. `marker` ends the appointment's notes.

    `newer`: another booking of the contact, by its shown id, tells its lifecycle. `own_tags`: those that this
    booking, or a part of it, put on its contact, by id. `booking_tag_id` and `contact_id` are what it made,
    `contact` how that was written; `has_appointment`: one was made, or it is not known whether.
    `is_absent`: the CRM has no contact of the address, and none may be made.
    `tag_is_over`: the booking's own tag has been kept as long as it is to be.
    `tags` and `lead_source` are the CRM's answers; `contact_fields` None: nobody has read them.
    """

    connection_id: int
    marker: str
    now: datetime
    zone: ZoneInfo
    merged_into: str = ""
    newer: str = ""
    has_begun: bool = False
    own_tags: Mapping[int, str] = field(default_factory=dict)
    booking_tag_id: int = 0
    has_appointment: bool = False
    contact_id: int = 0
    contact: dict[str, Any] | None = None
    verified_id: int = 0
    is_absent: bool = False
    tag_is_over: bool = False
    tags: Mapping[str, Resolution] = field(default_factory=dict)
    lead_source: Resolution | None = None
    user_id: int = 0
    absent_users: frozenset[int] = frozenset()
    contact_fields: Mapping[str, CustomField] | None = None


def phase_of(chain: Chain, rules: BookingRules) -> Phase | None:
    """None before anything is known of it."""
    if not chain.state:
        return None
    return chain.passed[-1].phase(unknown_is_customer=rules.unknown_actor_is_customer)


def tag_names(chain: Chain, rules: BookingRules) -> tuple[str, ...]:
    """Every tag whose id the plan needs."""
    names = [text for text in rules.tag_texts.values() if text]
    names += [own.tag for own in _own_tags(chain, rules)]
    if rules.booking_tags == EACH_PHASE:
        names += [_booking_tag_name(chain, text) for text in _texts_passed(chain, rules)]
    return tuple(dict.fromkeys(names))


def host_of(booking: BookingData, rules: BookingRules) -> HostRule:
    """The host as the merchant set it; the page's user goes before, as OnceHub tells who owns a page wrongly
    once a booking was reassigned to another.
    """
    host = rules.hosts.get(booking.host.email.strip().casefold())
    page = next((rules.pages[each] for each in _known_as(booking, "booking_page") if each in rules.pages), 0)
    if host is None:
        return HostRule(user_id=page, connected=rules.all_hosts or bool(page))
    return HostRule(user_id=page or host.user_id, connected=rules.all_hosts or host.connected)


def build_booking_plan(chain: Chain, rules: BookingRules, facts: BookingFacts) -> Plan:
    """Raises nothing: what cannot be sent is a verdict."""
    draft, phase = Draft(), phase_of(chain, rules)
    if facts.merged_into:
        return _taken_back(draft, facts)
    if verdict := _not_sent(chain, phase, rules, facts):
        draft.verdict = verdict
        draft.say(verdict.reason)
        return draft.plan()
    assert phase is not None
    draft.say(_story(chain, phase, rules))
    for text in (*chain.warnings, *_remarks(chain)):
        draft.say(text, "warning")
    if _names_made(draft, chain, rules, facts):
        return draft.plan()
    user_id = _user(draft, chain.booking, rules, facts)
    draft.steps.append(_contact(draft, chain, rules, facts, user_id))
    if rules.link_key_field in (facts.contact_fields or {}):
        args = {"field": rules.link_key_field, "connection_id": facts.connection_id}
        draft.steps.append(PlannedStep(name="link key", kind="write_link_key", args=args, needs=("contact",)))
    if chain.agreed:
        draft.steps.extend(_appointment(draft, chain, rules, facts, user_id))
    draft.steps.extend(_lifecycle(draft, chain, phase, rules, facts))
    draft.steps.extend(_booking_tags(chain, phase, rules, facts))
    draft.steps.extend(_own_tag_steps(draft, chain, rules, facts))
    if rules.guests_as_contacts:
        draft.steps.extend(_guests(draft, chain.booking, rules))
    return draft.plan()


# -- whether ---------------------------------------------------------------------------------------------


def _not_sent(
    chain: Chain, phase: Phase | None, rules: BookingRules, facts: BookingFacts
) -> PlanVerdict | None:
    booking = chain.booking
    if not rules.enabled:
        return skip(INTEGRATION_OFF)
    if phase is None:
        return skip("Not sent: nothing is known of the booking yet but that it takes another's place.")
    if verdict := _unusable(chain):
        return verdict
    if facts.has_begun:
        return None
    if not host_of(booking, rules).connected:
        who = booking.host.name or booking.host.email or "its host"
        return skip(
            f"Not sent: {who} {NOT_CONNECTED} Connect the host on the page of hosts, then send the waiting "
            "bookings from there."
        )
    if phase is Phase.REQUESTED and not rules.tag_texts.get(Phase.REQUESTED):
        return skip("Not sent: the host has not approved it yet.")
    if facts.is_absent:
        return skip(
            "Not sent: the CRM has no contact of this address, and “Create contacts” is off in the settings "
            "of bookings."
        )
    if chain.ends_at is not None and chain.ends_at < facts.now - TOO_OLD:
        return skip(f"Not sent: it ended more than {TOO_OLD.days} days ago.")
    return None


def _unusable(chain: Chain) -> PlanVerdict | None:
    booking, email = chain.booking, chain.booking.email.strip()
    if not email:
        return _parked(
            "The booking has no e-mail address, so nobody can be told apart. Have the platform's form ask "
            "for it, or add it there, then process the event again."
        )
    if "@" not in email or len(email) > lengths.EMAIL:
        return _parked(f"The booking's e-mail “{email[:100]}” is not a usable address.")
    if booking.starts_at and chain.ends_at and chain.ends_at < booking.starts_at:
        return _parked("The booking ends before it starts. Correct it on the platform.")
    return None


def _parked(reason: str) -> PlanVerdict:
    return PlanVerdict(state="parked", reason=reason, error_class="permanent")


def _taken_back(draft: Draft, facts: BookingFacts) -> Plan:
    """It turned out to be a part of another booking, which has all of it: what was made here goes."""
    said = f"It is a part of booking {facts.merged_into}, which tells all of it."
    if facts.contact is None or not (facts.has_appointment or facts.booking_tag_id):
        return skipped(f"Not sent: {said[0].lower()}{said[1:]}")
    draft.say(f"{said} What was made for this part alone is taken back.")
    if facts.has_appointment:
        # As it was written: it is done, and tells where an appointment whose reply was lost is looked for.
        contact = PlannedStep(name="contact", kind="upsert_booking_contact", args=facts.contact)
        args = _appointment_args() | {"deleted": True}
        appointment = PlannedStep(
            name="appointment", kind="upsert_appointment", args=args, needs=("contact",)
        )
        draft.steps.extend((contact, appointment))
    if facts.booking_tag_id:
        args = {"tag_id": facts.booking_tag_id, "contact_id": facts.contact_id}
        draft.steps.append(PlannedStep(name="booking tag off", kind="delete_booking_tag", args=args))
    return draft.plan()


def _story(chain: Chain, phase: Phase, rules: BookingRules) -> str:
    words = rules.tag_texts.get(phase) or phase.replace("_", " ").capitalize()
    ids = f", the last of {len(chain.segments)} ids of the platform" if len(chain.segments) > 1 else ""
    return f"Sent: the booking is “{words}” since {chain.since:%Y-%m-%d %H:%M} UTC{ids}."


def _remarks(chain: Chain) -> Iterable[str]:
    booking = chain.booking
    if chain.suspected and chain.state != "no_show":
        yield "The platform suspects that the customer did not come. Mark it there if that is so."
    if chain.host_absent:
        yield "The platform says that the host did not come. That is never taken as the customer's no-show."
    if booking.time_zone and zone_of(booking.time_zone) is None:
        yield f"“{booking.time_zone}” is no time zone that is known, so no local time is written."


# -- what has to be there first ----------------------------------------------------------------------------


def _names_made(draft: Draft, chain: Chain, rules: BookingRules, facts: BookingFacts) -> bool:
    """Make the tags and the lead source that are missing; once they are there, the rest is planned."""
    own = {own.tag for own in _own_tags(chain, rules)}
    wanted = [name for name in tag_names(chain, rules) if name not in own]
    phase = phase_of(chain, rules)
    now = {rules.tag_texts.get(phase, "")} if phase else set()
    if rules.booking_tags == EACH_PHASE:
        now |= {_booking_tag_name(chain, text) for text in _texts_passed(chain, rules)}
    missing = [name for name in wanted if name in now and _id_of(facts, name) is None]
    source = facts.lead_source
    makes_source = source is not None and source.crm_id is None
    if not missing and not makes_source:
        return False
    if missing:
        draft.steps.append(_category(TAGS, rules.tag_category))
    for name in missing:
        args = {"name": name}
        draft.steps.append(
            PlannedStep(
                name=f"make tag:{name}"[:120], kind="create_tag", args=args, needs=(f"category of {TAGS}",)
            )
        )
    if source is not None and makes_source:
        draft.steps.append(_category(LEAD_SOURCES, rules.lead_source_category))
        draft.steps.append(
            PlannedStep(
                name="lead_source",
                kind="create_lead_source",
                args={"name": source.name},
                needs=(f"category of {LEAD_SOURCES}",),
            )
        )
    draft.again = True
    return True


def _category(of: str, name: str) -> PlannedStep:
    return PlannedStep(name=f"category of {of}", kind="create_category", args={"of": of, "category": name})


def _id_of(facts: BookingFacts, name: str) -> int | None:
    found = facts.tags.get(name)
    return found.crm_id if found else None


# -- the contact -------------------------------------------------------------------------------------------


def _user(draft: Draft, booking: BookingData, rules: BookingRules, facts: BookingFacts) -> int:
    host = host_of(booking, rules)
    if not host.connected:
        draft.say(
            f"It was reassigned to {booking.host.name or booking.host.email}, who is not connected, so the "
            "appointment has no user.",
            "warning",
        )
        return 0
    user_id = host.user_id or facts.user_id
    if user_id in facts.absent_users:
        draft.say(
            f"User {user_id} is no active user of the CRM, so contact and appointment have no owner by it. "
            "Choose another one on the page of hosts, then resend.",
            "warning",
        )
        return 0
    if not user_id and booking.host.email:
        draft.say(
            f"No user of the CRM has the address {booking.host.email}, so contact and appointment have no "
            "owner by it. Choose the user on the page of hosts.",
            "warning",
        )
    return user_id


def _contact(
    draft: Draft, chain: Chain, rules: BookingRules, facts: BookingFacts, user_id: int
) -> PlannedStep:
    booking, values = chain.booking, values_of(chain)
    contact: dict[str, Any] = {}
    address: dict[str, str] = {}
    phones = [""] * len(PHONE_NAMES)
    custom: dict[str, str] = {}
    for rule in _mapped(rules, booking, CONTACT):
        text = clean_text(_value(values, rule), remove_four_byte=False)
        if not text or rule.crm_field == "Email":
            continue
        if rule.crm_field in CONTACT_NAMES:
            attribute, longest = CONTACT_NAMES[rule.crm_field]
            contact[attribute] = text[:longest]
        elif rule.crm_field in ADDRESS_NAMES:
            address[ADDRESS_NAMES[rule.crm_field]] = text
        elif rule.crm_field in PHONE_NAMES:
            phones[PHONE_NAMES.index(rule.crm_field)] = text[: lengths.PHONES[0]]
        else:
            custom |= _custom(draft, rule, text, facts, day_first=rules.day_first)
    contact |= {"email": booking.email.strip(), "phones": phones if any(phones) else [], "fields": custom}
    if address:
        contact["address1"] = address
    if zone_of(booking.time_zone) is not None:
        contact["time_zone"] = booking.time_zone
    fixed = 0 if rules.new_owner_id in facts.absent_users else rules.new_owner_id
    if rules.new_owner == FIXED and not fixed:
        draft.say(
            f"User {rules.new_owner_id} is no active user of the CRM: a new contact has no owner.", "warning"
        )
    owners = {HOST: user_id, FIXED: fixed}
    new = {"contact_type": rules.contact_type, "owner_id": owners.get(rules.new_owner, 0)}
    if facts.lead_source is not None:
        new["lead_source_id"] = facts.lead_source.crm_id or 0
    args = {
        "email": booking.email.strip(),
        "contact": contact,
        "new": {name: value for name, value in new.items() if value},
        "rule": rules.found_by_email,
        "owner_id": user_id if rules.owner_by_email == HOST else 0,
        "rule_by_id": rules.found_by_id,
        "owner_by_id": user_id if rules.owner_by_id == HOST else 0,
        "verified_id": facts.verified_id,
        "hinted_id": _hinted(booking.contact_hint),
    }
    return PlannedStep(name="contact", kind="upsert_booking_contact", args=args)


def _hinted(hint: str) -> int:
    """A contact's bare id of a link: it chooses among contacts that have the typed address, and no more."""
    return int(hint) if hint.isascii() and hint.isdecimal() and len(hint) < 15 else 0


def _custom(
    draft: Draft, rule: MappedField, text: str, facts: BookingFacts, *, day_first: bool
) -> dict[str, str]:
    known = facts.contact_fields
    if known is not None and rule.crm_field not in known:
        draft.say(unknown_field(rule.crm_field), "warning")
        return {}
    field_known = known.get(rule.crm_field) if known else None
    if field_known is not None and field_known.type in (FieldType.DATE, FieldType.DATE_TIME):
        text = day_read(text, day_first=day_first)
    given = crm_value(text, field_known, {}, zone=facts.zone)
    if given.problem:
        draft.say(f"{rule.crm_field}: {given.problem}", "warning")
    return {rule.crm_field: given.value} if given.value else {}


def _value(values: Mapping[str, str], rule: MappedField) -> str:
    name = rule.booking_field
    return values.get(answer_key(name.removeprefix(ANSWER)) if name.startswith(ANSWER) else name, "")


def _guests(draft: Draft, booking: BookingData, rules: BookingRules) -> Iterable[PlannedStep]:
    usable = [guest for guest in booking.guests if "@" in guest.email and len(guest.email) <= lengths.EMAIL]
    if len(usable) > MOST_GUESTS:
        draft.say(f"Of {len(usable)} guests the first {MOST_GUESTS} become contacts.", "warning")
    for guest in usable[:MOST_GUESTS]:
        first, _, last = guest.name.strip().rpartition(" ")
        contact = {"email": guest.email, "first_name": first or last, "last_name": last if first else ""}
        args = {
            "email": guest.email,
            "contact": {name: text for name, text in contact.items() if text},
            "new": {"contact_type": rules.contact_type} if rules.contact_type else {},
            "rule": FILL,
            "owner_id": 0,
            "rule_by_id": KEEP,
            "owner_by_id": 0,
            "verified_id": 0,
            "hinted_id": 0,
        }
        name = step_name("guest", guest.email.casefold())
        yield PlannedStep(name=name, kind="upsert_booking_contact", args=args, needs=("contact",))


# -- the appointment ---------------------------------------------------------------------------------------


def _appointment_args() -> dict[str, Any]:
    return {
        "title": "",
        "starts_at": "",
        "ends_at": "",
        "description": "",
        "location": "",
        "user_id": 0,
        "action_type": "",
        "priority": "",
        "reminder_minutes": None,
        "fields": {},
        "completed_at": "",
        "marker": "",
        "deleted": False,
        "recreate": False,
        "task": False,
    }


def _appointment(
    draft: Draft, chain: Chain, rules: BookingRules, facts: BookingFacts, user_id: int
) -> Iterable[PlannedStep]:
    booking, values = chain.booking, values_of(chain)
    args = _appointment_args() | {
        "recreate": rules.recreate,
        "marker": facts.marker,
        "task": rules.tasks,
    }
    if rules.deletes_canceled and chain.state in ("canceled", "reschedule_requested"):
        args["deleted"] = True
    elif booking.starts_at is None:
        draft.say("The platform told no time, so no appointment is made.", "warning")
        return
    else:
        mapped = {rule.crm_field: _value(values, rule) for rule in _mapped(rules, booking, APPOINTMENT)}
        subject = (
            mapped.pop("ActionDescription", "") or booking.subject or called(booking.event_type) or "Booking"
        )
        title = f"{PREFIXES.get(chain.state, '')}{clean_text(subject, remove_four_byte=False)}"
        ends_at = chain.ends_at or booking.starts_at
        args |= {
            "title": title[:LONGEST_TITLE],
            "starts_at": booking.starts_at.isoformat(),
            "ends_at": ends_at.isoformat(),
            "description": notes_of(chain, mapped.pop("CreationNotes", ""), facts.marker),
            "location": clean_text(booking.location, remove_four_byte=False)[:LONGEST_TITLE],
            "user_id": user_id,
            "action_type": rules.action_type,
            "priority": rules.priority,
            "reminder_minutes": rules.reminder_minutes or None if user_id else None,
            "fields": {name: text for name, text in mapped.items() if text},
            "completed_at": chain.since.isoformat() if chain.state == "completed" and chain.since else "",
        }
    yield PlannedStep(name="appointment", kind="upsert_appointment", args=args, needs=("contact",))


def notes_of(chain: Chain, text: str, marker: str) -> str:
    """What a person at the CRM wants to know; its last line is the marker."""
    booking = chain.booking
    told = {
        "Type": called(booking.event_type),
        "Page": called(booking.booking_page),
        "Host": f"{booking.host.name} {booking.host.email}".strip(),
        "Customer's time": local_time(booking.starts_at, booking.time_zone),
        "Location": booking.location,
        "Meeting": booking.meeting_url,
        "Guests": ", ".join(f"{guest.name} {guest.email}".strip() for guest in booking.guests[:MOST_GUESTS]),
        "Reason": chain.reason,
        "Reschedule": booking.reschedule_url,
        "Cancel": booking.cancel_url,
        "Note": booking.note,
    }
    lines = [text] if text else []
    lines += [f"{label}: {value}" for label, value in told.items() if value]
    lines += [f"{answer.label}: {answer.value}" for answer in booking.answers if answer.value]
    body = clean_text("\n".join(lines), remove_four_byte=False)[:LONGEST_NOTES].rstrip()
    return f"{body}\n{marker}" if body else marker


# -- the tags ------------------------------------------------------------------------------------------------


def _lifecycle(
    draft: Draft, chain: Chain, phase: Phase, rules: BookingRules, facts: BookingFacts
) -> Iterable[PlannedStep]:
    """Exactly one lifecycle tag stays: that of the contact's latest news, over all of its bookings."""
    text = rules.tag_texts.get(phase, "")
    if not rules.generic_tags:
        return
    if facts.newer:
        draft.say(f"The lifecycle tag stays as it is: booking {facts.newer} of this contact has later news.")
        return
    tag_id = _id_of(facts, text)
    if not text or tag_id is None:
        draft.say(f"No tag is set for “{phase.replace('_', ' ')}”.")
        return
    known = {_id_of(facts, name) for name in rules.tag_texts.values() if name}
    args = {"tag_id": tag_id, "name": text, "since": _stamp(chain.since)}
    off = {"tag_ids": sorted(each for each in known if each), "wanted": text, "since": _stamp(chain.since)}
    yield PlannedStep(name="lifecycle off", kind="clear_lifecycle_tags", args=off, needs=("contact",))
    yield PlannedStep(name="lifecycle", kind="apply_lifecycle_tag", args=args, needs=("lifecycle off",))


def _booking_tags(
    chain: Chain, phase: Phase, rules: BookingRules, facts: BookingFacts
) -> Iterable[PlannedStep]:
    if rules.booking_tags == EACH_PHASE:
        for text in _texts_passed(chain, rules):
            name = _booking_tag_name(chain, text)
            tag_id = _id_of(facts, name)
            if tag_id is not None:
                args = {"tag_id": tag_id, "name": name, "on": True, "does": "Apply", "since": ""}
                yield PlannedStep(name=f"own:{tag_id}", kind="set_own_tag", args=args, needs=("contact",))
    text = rules.tag_texts.get(phase, "")
    if rules.booking_tags == ONE and facts.tag_is_over:
        if facts.booking_tag_id:
            args = {"tag_id": facts.booking_tag_id, "contact_id": facts.contact_id}
            yield PlannedStep(name="booking tag off", kind="delete_booking_tag", args=args)
    elif rules.booking_tags == ONE and text:
        yield _category(TAGS, rules.tag_category)
        args = {"name": _booking_tag_name(chain, text)}
        needs = ("contact", f"category of {TAGS}")
        yield PlannedStep(name="booking tag", kind="name_booking_tag", args=args, needs=needs)
        # With its name, so that one that was deleted in the CRM and made anew is applied as well.
        yield PlannedStep(name="booking tag on", kind="apply_booking_tag", args=args, needs=("booking tag",))


def _own_tag_steps(
    draft: Draft, chain: Chain, rules: BookingRules, facts: BookingFacts
) -> Iterable[PlannedStep]:
    """The merchant's own tags of every phase that the booking went through; others that it had go again."""
    wanted: dict[int, tuple[str, str]] = {}
    for own in _own_tags(chain, rules):
        tag_id = _id_of(facts, own.tag)
        if tag_id is None:
            draft.say(
                f"Tag “{own.tag}” is not in the CRM, so it was not applied. Create it there or correct the "
                "name on the settings page, then resend.",
                "error",
            )
            continue
        since = [one.since for one in chain.passed if one.phase() == own.phase]
        wanted[tag_id] = (own.tag, _stamp(max(since)) if since else "")
    for tag_id, (name, since_text) in wanted.items():
        args = {"tag_id": tag_id, "name": name, "on": True, "does": "Apply", "since": since_text}
        yield PlannedStep(name=f"own:{tag_id}", kind="set_own_tag", args=args, needs=("contact",))
    per_phase = {_id_of(facts, _booking_tag_name(chain, text)) for text in _texts_passed(chain, rules)}
    for tag_id, name in facts.own_tags.items():
        if tag_id not in wanted and tag_id not in per_phase:
            args = {"tag_id": tag_id, "name": name, "on": False, "does": "Take off", "since": ""}
            yield PlannedStep(name=f"own:{tag_id}", kind="set_own_tag", args=args, needs=("contact",))


def _own_tags(chain: Chain, rules: BookingRules) -> list[OwnTag]:
    phase = phase_of(chain, rules)
    passed = {one.phase(unknown_is_customer=rules.unknown_actor_is_customer) for one in chain.passed}
    return [
        own
        for own in rules.own_tags
        if (own.level == "any" or own.value in _known_as(chain.booking, own.level))
        and (own.phase == phase or (own.phase in passed and not own.removed))
    ]


def _known_as(booking: BookingData, level: str) -> set[str]:
    named = getattr(booking, level)
    return {text.strip().casefold() for text in (named.id, named.name) if text}


def _texts_passed(chain: Chain, rules: BookingRules) -> list[str]:
    passed = [one.phase(unknown_is_customer=rules.unknown_actor_is_customer) for one in chain.passed]
    return [text for text in dict.fromkeys(rules.tag_texts.get(phase, "") for phase in passed) if text]


def _booking_tag_name(chain: Chain, text: str) -> str:
    return f"{text} (Booking ID: {chain.first_id})"


def _mapped(rules: BookingRules, booking: BookingData, target: str) -> list[MappedField]:
    """The rows that count: those of the event type go before the account's."""
    names = _known_as(booking, "event_type")
    rows = [rule for rule in rules.mapping if rule.target == target]
    general = {rule.crm_field: rule for rule in rows if not rule.event_type}
    special = {rule.crm_field: rule for rule in rows if rule.event_type and rule.event_type in names}
    return list((general | special).values())


def _stamp(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
