"""What a replication may be about. Each kind says how its subject is named, read, planned and followed up."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar

from cascade.models import JournalEntry, Replication
from cascade.plan import Plan
from crm.contract import Crm

S = TypeVar("S")


class SubjectKind(ABC, Generic[S]):
    """A newer version takes the place of the pinned plan, and stops a run before its next step, until so
    much of the plan was sent that it `is_frozen`.
    """

    name: ClassVar[str]

    @abstractmethod
    def keys(self, subject: S) -> dict[str, Any]:
        """Connection, subject key and contact key: what makes two replications the same."""

    @abstractmethod
    def links(self, subject: S) -> dict[str, Any]:
        """The rows that a new replication points to."""

    @abstractmethod
    def subject_of(self, replication: Replication) -> S | None:
        """The subject as it is stored now; None if it is gone."""

    @abstractmethod
    def version(self, subject: S) -> int:
        """Grows with every accepted change."""

    @abstractmethod
    def fingerprint(self, subject: S) -> str:
        """Equal for two versions that lead to the same plan."""

    def is_frozen(self, entries: Sequence[JournalEntry]) -> bool:
        """Whether the plan is kept whatever comes in; that is taken up when the run has ended."""
        return False

    @abstractmethod
    def plan(self, replication: Replication, subject: S, crm: Crm, *, anew: bool) -> Plan:
        """What is to be done, given what was done before. Writes nothing. Raises: the CrmError of a
        look-up.
        """
