"""`python -m tests.spawn_web`: reads a port, becomes a web process on it, prints its process group; again.

Each is a gunicorn of ours as production starts it: an arbiter that forks a worker, in a group of its own. It
only need not read the code first, which is nearly all of the 2.3 s that a start takes; so many of them can be
killed in a short time.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

SAID = "WEB_SAID"  # the file in which each web process notes whether its database is durable
_noted = False


def gunicorn_arguments(port: int) -> list[str]:
    """One worker without preload, as the demo's; this module is its configuration, for `post_request`."""
    return [
        *("gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "8"),
        *("--no-control-socket", "--log-level", "warning", "--config", "python:tests.spawn_web"),
    ]


def post_request(worker: Any, request: Any, environ: Any, response: Any) -> None:
    """Gunicorn's hook, in the thread and on the connection that has just answered: note it once."""
    global _noted
    if not _noted:
        _noted = True
        from carts.durability import durability_problem

        with Path(os.environ[SAID]).open("a") as said:
            said.write(f"{durability_problem()[0] or 'durable'}\n")


def become_web(port: int) -> None:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    from gunicorn.app import wsgiapp

    sys.argv = gunicorn_arguments(port)
    wsgiapp.run()


def main() -> None:
    from django.urls import get_resolver

    import config.wsgi  # noqa: F401  all of our code, and no connection yet

    get_resolver().url_patterns  # noqa: B018  the views too
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the killed ones
    child = 0
    for line in iter(sys.stdin.readline, ""):
        child = os.fork()
        if not child:
            try:
                become_web(int(line))
            finally:
                os._exit(1)
        print(child, flush=True)
    if child:
        with suppress(ProcessLookupError):  # whoever asked is gone, and nothing is to be left behind
            os.killpg(child, signal.SIGKILL)


if __name__ == "__main__":
    main()
