"""The sandbox's one clock, real until somebody sets it: UTC, and the account's zone for the CRM's columns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.shapes import read_flag, read_members, read_moment, read_seconds, read_zone

USUAL_ZONE = ZoneInfo("America/New_York")


class Clock:
    """Real, shifted (it goes on from the moment it was set to), or frozen (it stands until advanced)."""

    def __init__(self) -> None:
        self._shift = timedelta()
        self._frozen: datetime | None = None
        self.zone = USUAL_ZONE
        self._lock = Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._frozen or datetime.now(UTC) + self._shift

    def set(self, moment: datetime, frozen: bool = False) -> None:
        """Show `moment`, which knows its zone, from now on."""
        with self._lock:
            self._frozen = moment.astimezone(UTC) if frozen else None
            self._shift = moment - datetime.now(UTC)

    def advance(self, seconds: float) -> None:
        """Move on; a frozen clock stays frozen, at the later moment."""
        step = timedelta(seconds=seconds)
        with self._lock:
            self._shift += step
            if self._frozen:
                self._frozen += step

    def real(self) -> None:
        with self._lock:
            self._frozen, self._shift, self.zone = None, timedelta(), USUAL_ZONE

    def change(self, wanted: Any) -> None:
        """Carry out one control request. Raises ValueError with what is wrong."""
        readers = {
            "set": read_moment,
            "frozen": read_flag,
            "advance": read_seconds,
            "real": read_flag,
            "zone": read_zone,
        }
        match read_members("the clock", wanted, readers):
            case {"set": moment, **rest} if rest.keys() <= {"frozen"}:
                self.set(moment, rest.get("frozen", False))
            case {"advance": seconds, **rest} if not rest:
                self.advance(seconds)
            case {"zone": zone, **rest} if not rest:
                self.zone = zone
            case {"real": True, **rest} if not rest:
                self.real()
            case _:
                raise ValueError(
                    'the clock takes one of "set" (with "frozen"), "advance", "zone" and "real": true'
                )

    def as_dict(self) -> dict[str, Any]:
        now = self.now()
        with self._lock:
            mode = "frozen" if self._frozen else "shifted" if self._shift else "real"
        return {"now": now.isoformat(), "crm_now": _crm_time(now).isoformat(), "mode": mode}


def _crm_time(moment: datetime) -> datetime:
    return moment.astimezone(CLOCK.zone).replace(tzinfo=None, microsecond=0)


CLOCK = Clock()


def utc_now() -> datetime:
    return CLOCK.now()


def crm_now() -> datetime:
    """Now as the CRM writes it: local to the account, whole seconds, no zone."""
    return _crm_time(CLOCK.now())
