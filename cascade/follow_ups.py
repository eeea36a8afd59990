"""What the end of one run makes possible: newer versions, and what waited for it."""

from __future__ import annotations

from cascade.models import Replication
from cascade.opening import replication_changed, replication_wake
from cascade.subject_kind import KINDS


def follow_at_once(replication: Replication) -> None:
    """See to what would be forgotten if a crash came between: a newer version, and what waited.

    Must run in the transaction that writes the end. Repeat: safe.
    """
    kind = KINDS[replication.kind]
    subject = kind.subject_of(replication)
    if subject is None:
        return
    ended = replication.state not in Replication.OPEN
    if ended:
        kind.ended(subject)
    # What it waits for may have ended while it was told to wait.
    waits = kind.waits_for_others and replication.state == Replication.State.WAITING
    if waits and not kind.awaited(replication, subject):
        replication_wake(replication)
    if ended and kind.version(subject) > replication.subject_version:
        replication_changed(subject)


def follow_up(replication: Replication) -> None:
    """What can wait until the end is committed. Repeat: safe."""
    kind = KINDS[replication.kind]
    subject = kind.subject_of(replication)
    if subject is not None:
        kind.after_run(subject)
