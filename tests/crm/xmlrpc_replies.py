"""Replies of the CRM over XML-RPC, put together piece by piece."""

from __future__ import annotations

from tests.crm.wire_server import http


def reply(inside: str, headers: str = "") -> bytes:
    body = f"<methodResponse><params><param><value>{inside}</value></param></params></methodResponse>"
    return http(body.encode(), headers=headers)


def struct(**members: object) -> str:
    written = "".join(f"<member><name>{n}</name><value>{v}</value></member>" for n, v in members.items())
    return f"<struct>{written}</struct>"


def row(**columns: object) -> str:
    return f"<value>{struct(**columns)}</value>"


def rows(*found: str) -> bytes:
    return reply(f"<array><data>{''.join(found)}</data></array>")
