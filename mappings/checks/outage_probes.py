"""A harmless read over a protocol that did not answer: whether it is back costs no order anything."""

from __future__ import annotations

import logging

from crm.errors import CrmError
from crm.rest.adapter import RestCrm
from mappings.access.open import open_crm
from mappings.encrypted import DecryptionFailed
from mappings.models import Connection, Outage

logger = logging.getLogger(__name__)

PROTOCOLS = {
    "xmlrpc": Connection.Protocol.XMLRPC,
    "rest_v1": Connection.Protocol.REST,
    "rest_v2": Connection.Protocol.REST,
}


def outage_probe(outage: Outage) -> None:
    """Send the probe that was taken; how it ends is counted by the gate. Repeat: safe."""
    connection = outage.connection
    account = open_crm(connection, step="probe", probing=outage.protocol)
    try:
        crm = account.over(PROTOCOLS[outage.protocol])
        if outage.protocol == "rest_v1" and isinstance(crm, RestCrm):
            crm.probe_v1()
        else:
            crm.probe_credentials()
    except (CrmError, DecryptionFailed) as err:
        logger.info("%s of connection %s was probed: %s", outage.protocol, connection.pk, err)
