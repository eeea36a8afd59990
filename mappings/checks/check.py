"""The test of a connection against the CRM: on saving the settings page, and whenever someone asks.

The CRM is asked outside any database transaction. Its errors become findings in its own words; only what
nobody foresaw is raised.
"""

from __future__ import annotations

from django.utils import timezone

from crm.credentials import Credentials
from mappings.access.connect import MANUAL_PAUSE, connection_pause
from mappings.access.open import open_crm
from mappings.binding import objections_to
from mappings.checks.account import clock_findings, mode_findings
from mappings.checks.context import CheckContext, Deadline
from mappings.checks.drift_notice import drift_carried, drift_tell
from mappings.checks.findings import (
    CheckOutcome,
    CredentialVerdict,
    Finding,
    FindingLevel,
    MappedNames,
    mapped_names,
)
from mappings.checks.groups import group_findings
from mappings.checks.merchant_mode import mode_store
from mappings.checks.protocols import (
    NOT_CONNECTED,
    is_unconnected,
    legacy_refused,
    probe_findings,
    protocols_probe,
    verdict_of,
)
from mappings.checks.rest_gaps import rest_findings
from mappings.models import Connection

TOTAL_SECONDS = 20.0  # a person waits for the page: no name is asked after that


def connection_test(connection: Connection) -> CheckOutcome:
    """Test a stored connection as it is and keep the answer. Repeat: safe."""
    outcome = connection_check(connection, mapped_names(connection))
    check_store(connection, outcome)
    return outcome


def connection_check(
    connection: Connection,
    mapped: MappedNames,
    *,
    credentials: Credentials | None = None,
    gated: bool = False,
    creates: bool = True,
) -> CheckOutcome:
    """Ask the CRM about the credentials, over each protocol in use, and about everything set or mapped.

    `connection` may be an unsaved copy; `credentials` are tried instead of its own; only where `gated`
    may quota and breaker hold calls back. Writes nothing of it; creates missing tags in the CRM where the
    merchant chose that, unless `creates` is false. Repeat: safe.
    """
    refusal = _other_app_typed(connection) or legacy_refused(connection)
    if refusal:
        return _outcome(CredentialVerdict.REFUSED, [refusal])
    if credentials is None and is_unconnected(connection):
        return _outcome(CredentialVerdict.UNREACHABLE, [Finding(FindingLevel.ERROR, "", NOT_CONNECTED)])
    deadline = Deadline(TOTAL_SECONDS)
    account = open_crm(connection, step="test", credentials=credentials, gated=gated)
    probes = protocols_probe(account)
    for answered in dict.fromkeys(probe.app for probe in probes if probe.app):
        refusal = _other_app_answered(connection, answered)
        if not (refusal or connection.bound_app) and (
            objection := next(objections_to(connection, answered), "")
        ):
            refusal = Finding(FindingLevel.ERROR, "app_name", objection)
        if refusal:
            return _outcome(CredentialVerdict.REFUSED, [refusal])
    findings = [*probe_findings(connection, probes), *clock_findings(probes)]
    crm = next((probe.crm for probe in probes if probe.crm is not None), None)
    if crm is None:
        return _outcome(verdict_of(probes), findings)
    context = CheckContext(account=account, mapped=mapped, crm=crm, deadline=deadline, creates=creates)
    told, mode = mode_findings(context)
    findings += [*rest_findings(connection, mapped), *told, *group_findings(context)]
    app = next((probe.app for probe in probes if probe.app), connection.app_name)
    if connection.bound_app:  # what is at work already is told, not stopped
        findings += [Finding(FindingLevel.WARNING, "app_name", why) for why in objections_to(connection, app)]
    return _outcome(CredentialVerdict.ACCEPTED, findings, app=app, merchant_mode=mode)


def check_store(connection: Connection, outcome: CheckOutcome) -> None:
    """Keep the answer with the connection: bind it at the first success, and let it work again.

    A pause that a person asked for is theirs to end. A refusal holds an enabled connection back, so that its
    orders wait instead of failing one by one. What was cured is no longer said to have broken. Repeat: safe.
    """
    rows = Connection.objects.filter(pk=connection.pk)
    before = rows.values_list("test_result", flat=True).first() or []
    rows.update(tested_at=outcome.tested_at, test_result=drift_carried(before, outcome))
    if outcome.merchant_mode:
        mode_store(connection, outcome.merchant_mode, outcome.tested_at)
    if outcome.accepted:
        rows.filter(bound_app="").update(bound_app=outcome.app[:100])
        rows.filter(paused_at__isnull=False).exclude(paused_reason=MANUAL_PAUSE).update(
            paused_at=None, paused_reason="", credentials_probed_at=None
        )
    connection.refresh_from_db(fields=["tested_at", "test_result", "bound_app", "paused_at", "paused_reason"])
    drift_tell(connection, outcome.tested_at)
    if outcome.verdict == CredentialVerdict.REFUSED and connection.enabled:
        connection_pause(connection, outcome.worst_first[0].sentence, probed=True)


def _other_app_typed(connection: Connection) -> Finding | None:
    """Known before anything is sent: the stored key must not go to an app it was not given for."""
    bound, typed = connection.bound_app, connection.app_name
    if not bound or bound == typed:
        return None
    return Finding(
        FindingLevel.ERROR,
        "app_name",
        f"This connection belongs to the app {bound}, but the App Name is {typed}. Make a new connection "
        f"for {typed}, or type {bound} again.",
    )


def _other_app_answered(connection: Connection, app: str) -> Finding | None:
    if not app or app == connection.app_name:
        return None
    if connection.bound_app:
        sentence = (
            f"This connection belongs to the app {connection.bound_app}, but this key belongs to the app "
            f"{app}. Make a new connection for {app}."
        )
        return Finding(FindingLevel.ERROR, "api_key", sentence)
    sentence = (
        f"The App Name is {connection.app_name}, but this key belongs to the app {app}. Correct the one "
        "that is wrong."
    )
    return Finding(FindingLevel.ERROR, "app_name", sentence)


def _outcome(
    verdict: CredentialVerdict, findings: list[Finding], *, app: str = "", merchant_mode: str = ""
) -> CheckOutcome:
    return CheckOutcome(
        verdict=verdict,
        tested_at=timezone.now(),
        findings=tuple(findings),
        app=app,
        merchant_mode=merchant_mode,
    )
