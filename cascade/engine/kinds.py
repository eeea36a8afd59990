"""What a replication may be about. A kind says how its subject is named, read, planned, shown and found.

Kinds are registered when Django starts. Everything else finds them by the word in `Replication.kind`, or by
the type of their subjects.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from django.db.models import Q, QuerySet

from cascade.engine.lease import ReplicationLease
from cascade.engine.subject_words import ApiId, Subject, SubjectPage
from cascade.models import JournalEntry, Replication
from cascade.plan import Plan
from crm.contract import Crm
from mappings.models import Connection

S = TypeVar("S")


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnSettings:
    """Where the settings of a kind are, if not on the connection's page: an admin page, by the source's id.

    `words` are the settings, as errors and steps name them, that are found there.
    """

    title: str
    page: str
    words: frozenset[str]


class ReplicationKind(ABC, Generic[S]):
    """A newer version takes the place of the pinned plan, and stops a run before its next step, until so
    much of the plan was sent that it `is_frozen`.
    """

    name: ClassVar[str]  # the word in the database, never changed
    subject: ClassVar[type]
    title: ClassVar[str]  # what filters and lists call it
    word: ClassVar[str]  # the same in the middle of a sentence
    noun: ClassVar[str] = ""  # before the label in a heading; blank for the title
    is_usual: ClassVar[bool] = False  # lists name the others alone
    api_id: ClassVar[ApiId | None] = None
    columns: ClassVar[tuple[str, ...]] = ()  # `<relation of a replication>__<field>`, which `describe` reads
    searched: ClassVar[tuple[str, ...]] = ()  # what a search finds it by, in words
    own_settings: ClassVar[OwnSettings | None] = None
    kept_out_by_others: ClassVar[bool] = False  # a skipped one is asked again, also if it is as it was
    waits_for_others: ClassVar[bool] = False

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

    def version_now(self, replication: Replication) -> int | None:
        """The version of the subject as it is stored now; None if it is gone."""
        subject = self.subject_of(replication)
        return None if subject is None else self.version(subject)

    @abstractmethod
    def fingerprint(self, subject: S) -> str:
        """Equal for two versions that lead to the same plan."""

    def is_frozen(self, entries: Sequence[JournalEntry]) -> bool:
        """Whether the plan is kept whatever comes in; that is taken up when the run has ended."""
        return False

    @abstractmethod
    def plan(self, replication: Replication, subject: S, crm: Crm, *, anew: bool) -> Plan:
        """What is to be done, given what was done before. Writes nothing. Raises: the CrmError of a
        look-up; SubjectAwaited.
        """

    def not_sent(self, subject: S) -> Plan | None:
        """Why it is not sent, as far as that is known without the merchant's settings and the CRM."""
        return None

    def verify(self, replication: Replication, crm: Crm, lease: ReplicationLease) -> None:
        """Before a resend is planned: forget what the journal calls done and the CRM no longer has.

        Repeat: safe. Raises: the CrmError of a look-up; LeaseLost.
        """

    def awaited(self, replication: Replication, subject: S) -> str:
        """What a kind that `waits_for_others` waits for; blank once that has ended."""
        return ""

    def ended(self, replication: Replication, subject: S) -> int | None:
        """Set going what waited for this end; `version_now`. In the transaction that writes it. Repeat: safe.

        The subject is as it was when the run began, and so it is for `after_run`.
        """
        return self.version_now(replication)

    def after_run(self, subject: S) -> None:
        """See to what a run makes possible, and a later one makes up for. Repeat: safe."""

    # -- what the log asks ---------------------------------------------------------------------------------

    def describe(self, row: Replication) -> Subject:
        """In words, from the row and `columns` alone."""
        email = row.contact_key if "@" in row.contact_key else ""
        return self.words(row.subject_key, email=email)

    def words(self, label: str, **more: Any) -> Subject:
        title = "" if self.is_usual else self.title
        return Subject(title=title, noun=self.noun or self.title, word=self.word, label=label, **more)

    def details(self, rows: Sequence[Replication]) -> Mapping[int, str]:
        """One line more of each, by the row's id, where that takes a query; one for all of them."""
        return {}

    def joined(self, rows: QuerySet[Replication]) -> QuerySet[Replication]:
        """The rows with what `page` reads, in the same query."""
        return rows

    def page(self, row: Replication) -> SubjectPage:
        return SubjectPage(subject=self.describe(row))

    def search(self, connections: QuerySet[Connection], text: str) -> list[QuerySet[Any]]:
        """What begins with the text: queries that a union takes (`found_as`), over one column each, so that
        an index can answer it.
        """
        return []

    def search_more(self, connections: QuerySet[Connection], text: str) -> list[QuerySet[Any]]:
        """The same at greater cost, asked where nothing was found."""
        return []

    def found(self, ids: Sequence[int]) -> Q:
        """The replications of what a search found."""
        return Q(pk__in=ids)

    def of_email(self, key: str) -> Q:
        """Replications of a person who is not, or no longer, in their contact key."""
        return Q()


KINDS: dict[str, ReplicationKind[Any]] = {}


def register(kind: ReplicationKind[Any]) -> None:
    KINDS[kind.name] = kind


def api_ids() -> dict[str, ApiId]:
    return {kind.api_id.name: kind.api_id for kind in KINDS.values() if kind.api_id}


def kind_of(subject: object) -> ReplicationKind[Any]:
    return next(kind for kind in KINDS.values() if kind.subject is type(subject))
