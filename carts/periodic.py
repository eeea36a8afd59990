"""What the scheduler does about what shops told."""

from __future__ import annotations

from background.periodic import Duty
from carts.ingest.checkouts import checkout_close, checkouts_due

CHECKOUTS = Duty(name="checkouts", due=checkouts_due, work=checkout_close, threads=2, most=400)
