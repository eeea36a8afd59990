"""The test of a connection against the CRM: on saving the settings page, and whenever someone asks.

The CRM is asked outside any database transaction. Its errors become findings in its own words; only what
nobody foresaw is raised.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.utils import timezone

from crm.contract import Crm
from crm.errors import CrmError, OutcomeUnknown, TransientError
from mappings.calls import ApiCallLog
from mappings.connections import MANUAL_PAUSE, crm_connect
from mappings.fields import DecryptionFailed
from mappings.findings import CheckOutcome, Finding, Level, MappedNames, Verdict, mapped_names
from mappings.models import Connection
from mappings.name_checks import Clock, payment_type_findings, product_findings, tag_findings

# A person waits for the page: no single answer is waited for longer, and no name is asked after the total.
ANSWER_SECONDS = 10.0
TOTAL_SECONDS = 20.0
UNREADABLE_KEY = "The stored key can no longer be read here. Type the API Key again."


def connection_test(connection: Connection) -> CheckOutcome:
    """Test a stored connection as it is and keep the answer. Repeat: safe."""
    outcome = connection_check(connection, mapped_names(connection))
    check_store(connection, outcome)
    return outcome


def connection_check(connection: Connection, mapped: MappedNames) -> CheckOutcome:
    """Ask the CRM about the credentials and about every name that is set or mapped.

    `connection` may be an unsaved copy. Writes nothing of it; creates missing tags in the CRM where the
    merchant chose that. Repeat: safe.
    """
    refusal = _other_app_typed(connection)
    if refusal:
        return _outcome(Verdict.REFUSED, [refusal])
    log = ApiCallLog(connection)
    log.step = "test"
    seconds = min(ANSWER_SECONDS, settings.CRM_READ_TIMEOUT_SECONDS)
    try:
        crm = crm_connect(connection, log, read_timeout_seconds=seconds)
        app = crm.probe_credentials().name
    except DecryptionFailed:
        return _outcome(Verdict.REFUSED, [Finding(Level.ERROR, "api_key", UNREADABLE_KEY)])
    except (TransientError, OutcomeUnknown) as err:
        return _outcome(Verdict.UNREACHABLE, [Finding(Level.ERROR, "", err.message)])
    except CrmError as err:
        return _outcome(Verdict.REFUSED, [Finding(Level.ERROR, "api_key", err.message)])
    refusal = _other_app_answered(connection, app)
    if refusal:
        return _outcome(Verdict.REFUSED, [refusal])
    findings = [_accepted(connection, app), *_name_findings(connection, mapped, crm)]
    return _outcome(Verdict.ACCEPTED, findings, app=app or connection.app_name)


def check_store(connection: Connection, outcome: CheckOutcome) -> None:
    """Keep the answer with the connection: bind it at the first success, and let it work again.

    A pause that a person asked for is theirs to end. Repeat: safe.
    """
    rows = Connection.objects.filter(pk=connection.pk)
    rows.update(tested_at=outcome.tested_at, test_result=outcome.to_json())
    if outcome.accepted:
        rows.filter(bound_app="").update(bound_app=outcome.app[:100])
        rows.filter(paused_at__isnull=False).exclude(paused_reason=MANUAL_PAUSE).update(
            paused_at=None, paused_reason=""
        )
    connection.refresh_from_db(fields=["tested_at", "test_result", "bound_app", "paused_at", "paused_reason"])


def _name_findings(connection: Connection, mapped: MappedNames, crm: Crm) -> Iterator[Finding]:
    """Every group in turn; a group that could not be asked says so, and an outage ends the rest."""
    clock = Clock(TOTAL_SECONDS)
    groups = (
        ("contact_tags", tag_findings(connection, mapped, crm, clock)),
        ("product_mappings", product_findings(mapped, crm, clock)),
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


def _accepted(connection: Connection, app: str) -> Finding:
    if app:
        return Finding(Level.OK, "api_key", f"The CRM accepts the key; the app {app} answered.")
    if connection.credential_kind == Connection.CredentialKind.LEGACY_KEY:
        return Finding(Level.OK, "api_key", f"The app {connection.app_name} accepts the key.")
    return Finding(
        Level.WARNING,
        "app_name",
        "The CRM accepts the key but did not say which app it belongs to: the App Name is taken as typed.",
    )


def _outcome(verdict: Verdict, findings: list[Finding], *, app: str = "") -> CheckOutcome:
    return CheckOutcome(verdict=verdict, tested_at=timezone.now(), findings=tuple(findings), app=app)
