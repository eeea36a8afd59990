"""Whether the CRM takes a connection's credentials, asked over each protocol that the connection uses."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from crm.contract import Crm
from crm.errors import CrmError, OutcomeUnknown, TransientError
from mappings.access.connect import LEGACY_OVER_REST, check_rest_key
from mappings.access.oauth.expired_tokens import OUTDATED
from mappings.access.open import Account
from mappings.checks.findings import CredentialVerdict, Finding, FindingLevel
from mappings.encrypted import UNREADABLE_KEY, DecryptionFailed
from mappings.models import Connection, OAuthGrant

NOT_CONNECTED = (
    "This connection is not connected to the CRM yet. Save it with Enabled off, then press “Connect with "
    "Keap”."
)
Protocol = Connection.Protocol
SHORT_NAMES = {Protocol.REST: "REST", Protocol.XMLRPC: "XML-RPC"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """How one protocol answered; `crm` is there only if it took the credentials.

    `ahead_seconds` is how far our clock is ahead of the CRM's, None where the reply told no time.
    """

    protocol: Protocol
    verdict: CredentialVerdict
    app: str = ""
    sentence: str = ""
    crm: Crm | None = None
    ahead_seconds: float | None = None


def protocols_of(connection: Connection) -> tuple[Protocol, ...]:
    """The protocols that calls may go over, the preferred one first."""
    if connection.protocol == Protocol.AUTOMATIC:
        return (Protocol.REST, Protocol.XMLRPC)
    return (Protocol(connection.protocol),)


def protocols_probe(account: Account) -> list[Probe]:
    """Make one small read over each protocol in use. The CRM's errors become sentences."""
    return [_probe(account, protocol) for protocol in protocols_of(account.connection)]


def verdict_of(probes: list[Probe]) -> CredentialVerdict:
    """One protocol that takes the credentials is enough; a refusal says more than silence."""
    verdicts = {probe.verdict for probe in probes}
    wanted = (CredentialVerdict.ACCEPTED, CredentialVerdict.REFUSED, CredentialVerdict.UNREACHABLE)
    return next(verdict for verdict in wanted if verdict in verdicts)


def probe_findings(connection: Connection, probes: list[Probe]) -> list[Finding]:
    """Which protocols answered, and how; beside one that works, a silent one is a warning."""
    works = verdict_of(probes) == CredentialVerdict.ACCEPTED
    findings = []
    for probe in probes:
        name = SHORT_NAMES[probe.protocol]
        if probe.verdict == CredentialVerdict.ACCEPTED:
            findings.append(_accepted(connection, probe, name))
        elif works:
            sentence = f"{name} did not take the test call, so calls go over the other protocol: "
            unsure = probe.verdict == CredentialVerdict.UNREACHABLE
            findings.append(
                Finding(FindingLevel.WARNING, "protocol", sentence + probe.sentence, unsure=unsure)
            )
        else:
            field = "api_key" if probe.verdict == CredentialVerdict.REFUSED else ""
            sentence = probe.sentence if len(probes) == 1 else f"{name}: {probe.sentence}"
            findings.append(Finding(FindingLevel.ERROR, field, sentence))
    return findings


def legacy_refused(connection: Connection) -> Finding | None:
    """A key that the chosen protocol does not take is known before anything is sent."""
    try:
        if connection.protocol != Protocol.XMLRPC:
            check_rest_key(connection)
    except CrmError:
        return Finding(FindingLevel.ERROR, "protocol", LEGACY_OVER_REST)
    return None


def is_unconnected(connection: Connection) -> bool:
    """Whether a person has still to connect it at the CRM's page."""
    if connection.credential_kind != Connection.CredentialKind.OAUTH:
        return False
    grant = OAuthGrant.objects.filter(connection_id=connection.pk).first() if connection.pk else None
    return grant is None or not grant.is_connected


def _probe(account: Account, protocol: Protocol, *, again: bool = True) -> Probe:
    try:
        crm = account.over(protocol)
        seen = crm.probe_credentials()
        ahead = (timezone.now() - seen.server_time).total_seconds() if seen.server_time else None
        return Probe(
            protocol=protocol, verdict=CredentialVerdict.ACCEPTED, app=seen.name, crm=crm, ahead_seconds=ahead
        )
    except DecryptionFailed:
        return Probe(protocol=protocol, verdict=CredentialVerdict.REFUSED, sentence=UNREADABLE_KEY)
    except (TransientError, OutcomeUnknown) as err:
        if again and err.label == OUTDATED:  # the next use of the tokens renews them
            return _probe(account, protocol, again=False)
        return Probe(protocol=protocol, verdict=CredentialVerdict.UNREACHABLE, sentence=err.message)
    except CrmError as err:
        return Probe(protocol=protocol, verdict=CredentialVerdict.REFUSED, sentence=err.message)


def _accepted(connection: Connection, probe: Probe, name: str) -> Finding:
    if probe.app:
        sentence = f"{name}: The CRM accepts the key; the app {probe.app} answered."
        return Finding(FindingLevel.OK, "api_key", sentence)
    if connection.credential_kind == Connection.CredentialKind.LEGACY_KEY:
        return Finding(FindingLevel.OK, "api_key", f"{name}: The app {connection.app_name} accepts the key.")
    return Finding(
        FindingLevel.WARNING,
        "app_name",
        f"{name}: The CRM accepts the key but did not say which app it belongs to: the App Name is taken as "
        "typed.",
    )
