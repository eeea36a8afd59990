"""`python -m tests.kill_after_answer [kills] [deliveries per kill]`: is what was answered there?

A web process takes deliveries on a fresh SQLite file, or on a fresh database of the server of DATABASE_URL,
and is killed with SIGKILL by its own answers (`tests.killed_after_answer`). `--cold` starts each process from
nothing; else it is forked from one that has read the code.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cryptography.fernet import Fernet

from tests.stack import own_database


@contextmanager
def django_on_its_own_database() -> Iterator[None]:
    """Set this process up on an empty database that goes with it."""
    with tempfile.TemporaryDirectory(prefix="cascader-kills-") as folder, own_database() as database:
        os.environ |= {"CASCADER_DATA_DIR": folder, "CELERY_BROKER_URL": "filesystem://localhost", **database}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        os.environ.setdefault("SECRET_KEY", "only for tests")
        os.environ.setdefault("FIELD_ENCRYPTION_KEYS", Fernet.generate_key().decode())
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield
        from django.db import connections

        connections.close_all()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kill_after_answer", description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=200)
    parser.add_argument("per_kill", type=int, nargs="?", default=10, metavar="deliveries per kill")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cold", action="store_true")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    with django_on_its_own_database():
        from tests.killed_after_answer import kill_and_count

        tally = kill_and_count(given.kills, given.per_kill, random.Random(given.seed), cold=given.cold)
    print(f"{tally}; {time.monotonic() - began:.0f} s")
    for problem in tally.problems:
        print(problem)
    return int(bool(tally.problems))


if __name__ == "__main__":
    sys.exit(main())
