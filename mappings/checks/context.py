"""One test of a connection: what every group of checks is given, and the words they share."""

from __future__ import annotations

import time
from dataclasses import dataclass

from crm.contract import Crm
from mappings.access.open import Account
from mappings.checks.findings import MappedNames
from mappings.models import Connection


class Deadline:
    """How long a test may go on asking."""

    def __init__(self, seconds: float) -> None:
        self.ends_at = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends_at


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckContext:
    """What is set and mapped, and the CRM to ask about it; missing tags are created only where `creates`."""

    account: Account
    mapped: MappedNames
    crm: Crm
    deadline: Deadline
    creates: bool = True

    @property
    def connection(self) -> Connection:
        return self.account.connection
