"""Every word of the log pages that stands for a state or an error: registries from key to text.

A new state, setting or CRM id is one row here and one row in its test; a step brings its own words. Unknown
keys never fail: a page that shows a raw word is better than none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from string import Formatter

from cascade.steps import step_of
from mappings.access.breaker import NAMES


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """What a state is called, what it means, and what the reader does about it."""

    label: str
    sentence: str = ""
    todo: str = ""


STATES: dict[str, Words] = {
    "waiting": Words(
        label="Waiting", sentence="Waiting for its turn.", todo="Nothing to do: it starts by itself."
    ),
    "running": Words(label="Running", sentence="Being sent now.", todo="Nothing to do: it is on its way."),
    "retrying": Words(
        label="Retrying",
        sentence="The last attempt did not get through.",
        todo="Nothing to do: it tries again by itself.",
    ),
    "parked": Words(
        label="Parked",
        sentence="Stopped until a person decides.",
        todo="Read what happened, then resend. What the CRM already has is not sent twice.",
    ),
    "succeeded": Words(label="Succeeded", sentence="In the CRM."),
    "skipped": Words(label="Skipped", sentence="Nothing was sent."),
    "failed": Words(
        label="Failed", sentence="The CRM or a setting stopped it.", todo="Remove the cause, then resend."
    ),
}

# (state, error class) -> what to do; a state alone is the row of STATES
NEXT_MOVES: dict[tuple[str, str], str] = {
    ("parked", "unknown"): "Look in the CRM whether it is there. Then resend, or answer what its page asks.",
    ("parked", "transient"): "All retries are used up. Resend once the CRM can be reached again.",
    ("parked", "quota"): "The CRM's quota was used up for too long. Resend when it is free again.",
    ("parked", "permanent"): "Once corrected in the shop, it goes on by itself. Otherwise resend.",
    ("parked", "internal"): "Give support its trace id, then resend.",
    ("failed", "permanent"): "Once corrected in the shop, it goes on by itself. Otherwise resend.",
    ("failed", "configuration"): "Correct the setting, then resend.",
    ("failed", "internal"): "Give support its trace id, then resend.",
    ("retrying", "quota"): "Nothing to do: it goes on by itself when the CRM takes calls again.",
    ("retrying", "unknown"): "Nothing to do: the CRM is asked what arrived before anything is repeated.",
    ("succeeded", "permanent"): "Remove the cause, then resend: only what is missing is added.",
    ("succeeded", "configuration"): "Correct the setting, then resend: only what is missing is added.",
}

LEVELS: dict[str, str] = {"info": "", "warning": "with a warning", "error": "with an error"}
SUCCEEDED_WITH: dict[str, str] = {
    "warning": "In the CRM, with a warning: see the decisions.",
    "error": "In the CRM, but something is missing: see the decisions.",
}

ERROR_CLASSES: dict[str, str] = {
    "configuration": "A setting must change",
    "permanent": "The order was refused",
    "unknown": "Outcome unknown",
    "transient": "CRM out of reach",
    "quota": "Held back",
    "internal": "An error on our side",
}

# the word of an error's `setting` -> the section of the settings page, as (title, anchor)
SETTINGS: dict[str, tuple[str, str]] = {
    "credentials": ("Credentials", "credentials"),
    "contacts": ("Order → Contact", "order-contact"),
    "tags": ("Order → Contact", "order-contact"),
    "product_tags": ("Product → Contact tags", "product-tags"),
    "orders": ("Order → Invoice/Order", "order-invoice"),
    "products": ("Order → Product mapping", "order-product"),
    "custom-fields": ("Custom order fields", "custom-fields"),
    "action-sets": ("Product → Campaign (action sets)", "product-campaign"),
    "goals": ("Goal achievement", "goals"),
    "payments": ("Payment types", "payment-types"),
    "carts": ("Abandoned Cart → Contact", "abandoned-cart"),
    "affiliates": ("Affiliate → Contact", "affiliates"),
    "sales-reps": ("Sales Rep → Contact Owner", "sales-reps"),
    "shipping": ("Shipping and tracking", "shipping"),
    "changes": ("Refunds, cancellations and changed orders", "changes"),
}

STEP_STATES: dict[str, Words] = {
    "planned": Words(label="Not sent yet"),
    "sending": Words(label="Sending", sentence="On its way to the CRM."),
    "done": Words(label="Done"),
    "rejected": Words(label="Refused", sentence="The CRM refused it."),
    "unknown": Words(
        label="Outcome unknown",
        sentence="The reply was lost. The CRM is asked what arrived before anything is repeated.",
    ),
    "uncertain": Words(
        label="Uncertain", sentence="It may be in the CRM or not: only a person who looks there can tell."
    ),
}

STEP_RESULTS: dict[str, str] = {
    "created": "Created",
    "updated": "Updated",
    "unchanged": "Already so, nothing sent",
    "skipped": "Left out",
}

EXTERNAL_IDS: dict[str, str] = {
    "contact_id": "contact",
    "order_id": "order",
    "job_id": "order",
    "invoice_id": "invoice",
    "line_id": "line",
    "payment_id": "payment",
    "tag_id": "tag",
    "note_id": "note",
    "lead_source_id": "lead source",
    "affiliate_id": "referral partner",
}

PROTOCOLS: dict[str, str] = {**NAMES, "oauth": "OAuth"}

TRIGGERS: dict[str, str] = {
    "event": "It came in by itself",
    "change": "It changed in the shop",
    "resend": "Resent by a person",
    "range": "Part of a range sent by a person",
}

OUTCOMES: dict[str, str] = {"": "Not finished", **{key: words.label for key, words in STATES.items()}}


def state_words(state: str) -> Words:
    return STATES.get(state) or Words(label=plain_words(state))


def problem_sentence(state: str, reason: str, level: str = "info") -> str:
    """What went wrong, or for a replication without trouble: what is going on."""
    if reason:
        return reason
    if state == "succeeded" and level in SUCCEEDED_WITH:
        return SUCCEEDED_WITH[level]
    return state_words(state).sentence


def todo_sentence(state: str, error_class: str) -> str:
    """What the reader does about it; empty where there is nothing to say."""
    return NEXT_MOVES.get((state, error_class)) or state_words(state).todo


def setting_place(setting: str) -> tuple[str, str]:
    """The section of the settings page as (title, anchor), from an error's word or the anchor itself."""
    sections = {anchor: (title, anchor) for title, anchor in SETTINGS.values()}
    return SETTINGS.get(setting) or sections.get(setting) or (plain_words(setting), setting)


def step_title(kind: str, args: Mapping[str, object]) -> str:
    """The step in words, as far as its arguments tell."""
    known = {key: str(value) for key, value in args.items() if value not in (None, "")}
    return _filled(step_of(kind).title, known) or plain_words(kind)


def look_for(kind: str, args: Mapping[str, object]) -> str:
    """What to look for in the CRM, to find out whether the step took effect."""
    known = {key: str(value) for key, value in args.items() if value not in (None, "")}
    return _filled((step_of(kind).look_for,), known) or "See there whether it happened."


def _filled(sentences: Iterable[str], known: Mapping[str, str]) -> str:
    """The first sentence whose every word is known."""
    for sentence in sentences:
        if all(name in known for _, name, _, _ in Formatter().parse(sentence) if name):
            return sentence.format_map(known)
    return ""


def step_outcome(state: str, result: str, kind: str = "") -> str:
    """How the step ended: its result where it is done, else its state."""
    if state == "done" and result:
        return step_of(kind).results.get(result) or STEP_RESULTS.get(result) or plain_words(result)
    return (STEP_STATES.get(state) or Words(label=plain_words(state))).label


def external_ids(external: Mapping[str, object]) -> list[tuple[str, str]]:
    """The CRM's ids as (what it is of, id), each once."""
    found = {
        (EXTERNAL_IDS.get(key) or plain_words(key).lower(), str(value))
        for key, value in external.items()
        if isinstance(value, int | str) and value not in ("", 0)
    }
    return sorted(found)


def plain_words(key: str) -> str:
    """`set_order_fields` as "Set order fields": for a key that has no row yet."""
    return key.replace("_", " ").replace("-", " ").strip().capitalize()


def duration_words(duration: timedelta) -> str:
    """A duration in the two largest units that say something."""
    seconds = max(duration.total_seconds(), 0.0)
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h"
