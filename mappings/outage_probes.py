"""A harmless read over a protocol that did not answer: whether it is back costs no order anything."""

from __future__ import annotations

import logging

from crm.errors import CrmError
from crm.rest.adapter import RestCrm
from mappings.calls import ApiCallLog, ObserverChain
from mappings.fields import DecryptionFailed
from mappings.gate import CallGate
from mappings.models import Connection, Outage
from mappings.protocol_checks import answering

logger = logging.getLogger(__name__)

PROTOCOLS = {
    "xmlrpc": Connection.Protocol.XMLRPC,
    "rest_v1": Connection.Protocol.REST,
    "rest_v2": Connection.Protocol.REST,
}


def outage_probe(outage: Outage) -> None:
    """Send the probe that was taken; how it ends is counted by the gate. Repeat: safe."""
    connection = outage.connection
    log = ApiCallLog(connection)
    log.step = "probe"
    observer = ObserverChain(CallGate(connection, probing=outage.protocol), log)
    try:
        crm = answering(connection, PROTOCOLS[outage.protocol], observer, None)
        if outage.protocol == "rest_v1" and isinstance(crm, RestCrm):
            crm.probe_v1()
        else:
            crm.probe_credentials()
    except (CrmError, DecryptionFailed) as err:
        logger.info("%s of connection %s was probed: %s", outage.protocol, connection.pk, err)
