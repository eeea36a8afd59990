"""What broke since a person last saw it: marked among the kept findings, and told as one notice.

A finding that the nightly test brought carries since when (`since`) until it is gone, also through the tests
that people start: they see it on the page, and the notice stays until the cause is cured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from mappings.checks.findings import MOST_FINDINGS, CheckOutcome, FindingLevel
from mappings.models import Connection, Notice
from mappings.notices.notices import NoticeDraft, notices_reconcile

DRIFT = "drift"
MOST_TOLD = 5
MOST_KEPT = 2 * MOST_FINDINGS
StoredFinding = Mapping[str, str]


def drift_carried(before: Sequence[StoredFinding], outcome: CheckOutcome) -> list[dict[str, str]]:
    """The outcome's findings, marked as before. A test that could not ask all cures nothing it left out."""
    marked = {_key(finding): dict(finding) for finding in before if finding.get("since")}
    after = outcome.to_json()
    kept = [{**finding, **_mark(marked.pop(_key(finding), None))} for finding in after]
    if not outcome.accepted or any(finding.get("unsure") for finding in after):
        kept += marked.values()
    return kept[:MOST_KEPT]


def drift_marked(
    before: Sequence[StoredFinding], outcome: CheckOutcome, now: datetime
) -> list[dict[str, str]]:
    """The same, with every trouble that was not there before marked as of now.

    Where the key was refused nothing else was asked, so the rest stays as it was known.
    """
    known = {_key(finding) for finding in before}
    kept = [
        {**finding, "since": now.isoformat()}
        if _is_trouble(finding) and _key(finding) not in known
        else finding
        for finding in drift_carried(before, outcome)
    ]
    if not outcome.accepted:
        named = {_key(finding) for finding in kept}
        kept += [dict(finding) for finding in before if _key(finding) not in named]
    return kept[:MOST_KEPT]


def drift_tell(connection: Connection, now: datetime) -> None:
    """Raise or resolve the notice by the findings that are kept. Repeat: safe."""
    broken = [finding for finding in connection.test_result if finding.get("since")]
    known = Notice.objects.filter(connection=connection, cause=DRIFT, resolved_at=None)
    drafts = [_drift(connection, broken, now)] if broken and connection.enabled else []
    notices_reconcile(known, drafts, now)


def _drift(connection: Connection, broken: Sequence[StoredFinding], now: datetime) -> NoticeDraft:
    sentences = list(dict.fromkeys(finding["sentence"] for finding in broken))
    more = f" And {len(sentences) - MOST_TOLD} more." if len(sentences) > MOST_TOLD else ""
    told = " ".join(sentences[:MOST_TOLD])
    is_error = any(finding["level"] == FindingLevel.ERROR for finding in broken)
    return NoticeDraft(
        connection_id=connection.pk,
        cause=DRIFT,
        sentence=f"Changed in the CRM since you set it: {told}{more}",
        level=Notice.Level.ERROR if is_error else Notice.Level.WARNING,
        last_seen_at=now,
    )


def _key(finding: StoredFinding) -> tuple[str, str, str]:
    return finding["field"], finding.get("row", ""), finding["sentence"]


def _mark(marked: StoredFinding | None) -> dict[str, str]:
    return {"since": marked["since"]} if marked else {}


def _is_trouble(finding: StoredFinding) -> bool:
    return finding["level"] != FindingLevel.OK and not finding.get("unsure") and not finding.get("since")
