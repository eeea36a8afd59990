"""The product's settings with short waits, for tests that start it as real processes."""

from config.settings import *  # noqa: F403

LEASE_SECONDS = 2.0
SETTLE_SECONDS = 1.5
SILENCED_SYSTEM_CHECKS = ["cascade.E001"]  # the sandbox lands late by less than that
