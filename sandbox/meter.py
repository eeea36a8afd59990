"""Counting calls per credential for the gateway's quota headers. Nothing is refused."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from threading import Lock

from sandbox.clock import utc_now

PER_DAY = 30_000
PER_MINUTE = 240
PER_SECOND = 10
APP_PER_MINUTE = 10_000


class Meter:
    """The day of the quota starts at 00:00 UTC."""

    def __init__(self) -> None:
        self._used: Counter[str] = Counter()
        self._lock = Lock()

    def count(self, credential: str) -> dict[str, str]:
        """Count one call and return the headers that report it."""
        now = utc_now()
        day, minute = f"{now:%Y%m%d}:{credential}", f"{now:%Y%m%d%H%M}:{credential}"
        app_minute = f"{now:%Y%m%d%H%M}"
        with self._lock:
            self._used.update((day, minute, app_minute))
            used_day, used_minute, used_app = (self._used[name] for name in (day, minute, app_minute))
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return {
            **_window("product-quota", PER_DAY, "day", used_day),
            "x-keap-product-quota-expiry-time": str(int(midnight.timestamp() * 1000)),
            **_window("product-throttle", PER_MINUTE, "minute", used_minute),
            "x-keap-product-spike-limit": f"{PER_SECOND}ps",
            **_window("tenant-throttle", APP_PER_MINUTE, "minute", used_app),
        }


def _window(name: str, limit: int, unit: str, used: int) -> dict[str, str]:
    return {
        f"x-keap-{name}-limit": str(limit),
        f"x-keap-{name}-time-unit": unit,
        f"x-keap-{name}-interval": "1",
        f"x-keap-{name}-available": str(max(limit - used, 0)),
        f"x-keap-{name}-used": str(used),
    }
