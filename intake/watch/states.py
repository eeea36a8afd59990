"""How a source is, in one word, and what it lacks before anything can come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from django.db.models import Case, Q, QuerySet, Value, When

from intake.models.polling import Poller
from intake.models.sources import Source
from intake.registry import platform_get
from intake.watch.notices import FAILING
from intake.watch.silence import Flow


class SourceState(StrEnum):
    OFF = "off"
    PROBLEM = "problem"
    SILENT = "silent"
    PARKED = "parked"
    PAUSED_AS_USUAL = "quiet"
    NEVER = "never"
    FLOWING = "flowing"


TITLES = {
    SourceState.OFF: "Off",
    SourceState.PROBLEM: "Problem",
    SourceState.SILENT: "Silent",
    SourceState.PARKED: "Parked",
    SourceState.PAUSED_AS_USUAL: "Quiet",
    SourceState.NEVER: "Nothing yet",
    SourceState.FLOWING: "Flowing",
}
_OF_FLOW = {
    Flow.PAUSED_AS_USUAL: SourceState.PAUSED_AS_USUAL,
    Flow.NEVER: SourceState.NEVER,
    Flow.FLOWING: SourceState.FLOWING,
}


def with_secrets_given(sources: QuerySet[Source]) -> QuerySet[Source]:
    """With `has_…` for the secrets, which are decrypted nowhere for that."""
    return sources.annotate(
        **{
            f"has_{name}": Case(When(~Q(**{name: ""}), then=Value(True)), default=Value(False))
            for name in ("basic_password", "signing_secret", "signing_secret_before", "api_secret")
        }
    )


def lacks(source: Source) -> Iterator[str]:
    """What must be entered, in sentences; the source is read by `with_secrets_given`."""
    platform = platform_get(source.platform)
    if platform is None:
        yield f"No platform {source.platform!r} is installed, so nothing can be read. Choose another one."
        return
    must_sign = platform.takes_hooks and platform.signs and not platform.takes_unsigned
    if must_sign and not getattr(source, f"has_{platform.signing_field}"):
        yield (
            "The signing secret is missing: every delivery is refused until you enter the one that the shop "
            "signs with, below."
        )
    missing = [
        credential.label
        for credential in platform.credentials
        if credential.required
        and not getattr(source, "has_api_secret" if credential.field == "api_secret" else credential.field)
    ]
    if missing and not platform.takes_hooks:
        yield (
            "Shops of this platform send nothing by themselves. Their orders come once you have entered, "
            f"below: {', '.join(missing)}."
        )


def failing(poller: Poller | None, now: datetime) -> bool:
    """Whether a shop that does not answer is worth a word."""
    if poller is None or not poller.problem:
        return False
    return poller.needs_person or poller.problem_since is None or now - poller.problem_since >= FAILING


def state_of(source: Source, *, flow: Flow, parked: int, is_failing: bool) -> SourceState:
    """The worst that is true of it."""
    if not source.enabled:
        return SourceState.OFF
    if is_failing or next(lacks(source), None) is not None:
        return SourceState.PROBLEM
    if flow == Flow.SILENT:
        return SourceState.SILENT
    return SourceState.PARKED if parked else _OF_FLOW[flow]
