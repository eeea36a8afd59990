"""The test of a connection against the CRM: on saving the settings page, and whenever someone asks.

The CRM is asked outside any database transaction. Its errors become findings in its own words; only what
nobody foresaw is raised.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone

from crm.contract import Crm
from crm.credentials import Credentials
from crm.errors import CrmError, OutcomeUnknown, TransientError
from mappings.account_checks import account_findings
from mappings.calls import ApiCallLog
from mappings.connections import MANUAL_PAUSE, connection_pause
from mappings.findings import CheckOutcome, Finding, Level, MappedNames, Verdict, mapped_names
from mappings.models import Connection
from mappings.name_checks import Clock, payment_type_findings, product_findings, tag_findings
from mappings.protocol_checks import (
    NOT_CONNECTED,
    is_unconnected,
    legacy_refused,
    probe_findings,
    protocols_probe,
    verdict_of,
)
from mappings.rest_losses import rest_findings

TOTAL_SECONDS = 20.0  # a person waits for the page: no name is asked after that


def connection_test(connection: Connection) -> CheckOutcome:
    """Test a stored connection as it is and keep the answer. Repeat: safe."""
    outcome = connection_check(connection, mapped_names(connection))
    check_store(connection, outcome)
    return outcome


def connection_check(
    connection: Connection, mapped: MappedNames, *, credentials: Credentials | None = None
) -> CheckOutcome:
    """Ask the CRM about the credentials, over each protocol in use, and about every name set or mapped.

    `connection` may be an unsaved copy; `credentials` are tried instead of its own. Writes nothing of it;
    creates missing tags in the CRM where the merchant chose that. Repeat: safe.
    """
    refusal = _other_app_typed(connection) or legacy_refused(connection)
    if refusal:
        return _outcome(Verdict.REFUSED, [refusal])
    if credentials is None and is_unconnected(connection):
        return _outcome(Verdict.UNREACHABLE, [Finding(Level.ERROR, "", NOT_CONNECTED)])
    log = ApiCallLog(connection)
    log.step = "test"
    probes = protocols_probe(connection, log, credentials)
    app = next((probe.app for probe in probes if probe.app), "")
    for answered in dict.fromkeys(probe.app for probe in probes if probe.app):
        refusal = _other_app_answered(connection, answered)
        if refusal:
            return _outcome(Verdict.REFUSED, [refusal])
    works = next((probe.crm for probe in probes if probe.crm is not None), None)
    findings = probe_findings(connection, probes)
    if works is None:
        return _outcome(verdict_of(probes), findings)
    findings += rest_findings(connection, mapped)
    findings += _name_findings(connection, mapped, works)
    findings += account_findings(connection, log, credentials)
    return _outcome(Verdict.ACCEPTED, findings, app=app or connection.app_name)


def check_store(connection: Connection, outcome: CheckOutcome) -> None:
    """Keep the answer with the connection: bind it at the first success, and let it work again.

    A pause that a person asked for is theirs to end. A refusal holds an enabled connection back, so that its
    orders wait instead of failing one by one. Repeat: safe.
    """
    rows = Connection.objects.filter(pk=connection.pk)
    rows.update(tested_at=outcome.tested_at, test_result=outcome.to_json())
    if outcome.accepted:
        rows.filter(bound_app="").update(bound_app=outcome.app[:100])
        rows.filter(paused_at__isnull=False).exclude(paused_reason=MANUAL_PAUSE).update(
            paused_at=None, paused_reason=""
        )
    connection.refresh_from_db(fields=["tested_at", "test_result", "bound_app", "paused_at", "paused_reason"])
    if outcome.verdict == Verdict.REFUSED and connection.enabled:
        connection_pause(connection, outcome.worst_first[0].sentence)


def _name_findings(connection: Connection, mapped: MappedNames, crm: Crm) -> Iterator[Finding]:
    """Every group in turn; a group that could not be asked says so, and an outage ends the rest."""
    clock = Clock(TOTAL_SECONDS)
    groups = (
        ("contact_tags", tag_findings(connection, mapped, crm, clock)),
        ("product_mappings", product_findings(connection, mapped, crm, clock)),
        ("payment_types", payment_type_findings(connection, mapped, crm)),
    )
    for field, findings in groups:
        try:
            yield from findings
        except CrmError as err:
            yield Finding(Level.WARNING, field, f"Not checked to the end: {err.message}")
            if isinstance(err, TransientError | OutcomeUnknown):
                return


def _other_app_typed(connection: Connection) -> Finding | None:
    """Known before anything is sent: the stored key must not go to an app it was not given for."""
    bound, typed = connection.bound_app, connection.app_name
    if not bound or bound == typed:
        return None
    return Finding(
        Level.ERROR,
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
        return Finding(Level.ERROR, "api_key", sentence)
    sentence = (
        f"The App Name is {connection.app_name}, but this key belongs to the app {app}. Correct the one "
        "that is wrong."
    )
    return Finding(Level.ERROR, "app_name", sentence)


def _outcome(verdict: Verdict, findings: list[Finding], *, app: str = "") -> CheckOutcome:
    return CheckOutcome(verdict=verdict, tested_at=timezone.now(), findings=tuple(findings), app=app)
