"""`python -m sandbox`: listen, say where, and leave when told to."""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import ssl
import sys
from pathlib import Path
from threading import Event, Thread

from sandbox.account import Account
from sandbox.persist import Keeper
from sandbox.server import SandboxServer

DEFAULT_KEY = "sandbox-key"
KEY_VARIABLE, CLIENT_VARIABLE = "SANDBOX_KEY", "SANDBOX_OAUTH_CLIENT"
PR_SET_PDEATHSIG = 1


def read_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="A stand-in for the CRM, in memory."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8800, help="0 picks a free one")
    parser.add_argument(
        "--key",
        action="append",
        help=f"an accepted key or token; may be repeated ({KEY_VARIABLE}, or {DEFAULT_KEY})",
    )
    parser.add_argument(
        "--oauth-client",
        action="append",
        default=[],
        type=oauth_client,
        metavar="ID:SECRET",
        help=f"an OAuth client; may be repeated ({CLIENT_VARIABLE})",
    )
    parser.add_argument("--app", default="demo", help="the name of the CRM app it plays")
    parser.add_argument(
        "--effects", type=Path, help="append every effect to this file, synced before the reply"
    )
    parser.add_argument("--keep", type=Path, help="carry rows and effects over a restart in this file")
    parser.add_argument(
        "--no-quota", action="store_true", help="no limits, and none told, until `POST quota` sets some"
    )
    parser.add_argument("--tls-cert", type=Path, help="serve https with this certificate (PEM)")
    parser.add_argument("--tls-key", type=Path, help="the certificate's key; needed with --tls-cert")
    parser.add_argument(
        "--die-with-parent", action="store_true", help="end when the starting process ends (Linux)"
    )
    wanted = parser.parse_args(arguments)
    if (wanted.tls_cert is None) != (wanted.tls_key is None):
        parser.error("--tls-cert and --tls-key go together")
    return wanted


def oauth_client(text: str) -> tuple[str, str]:
    name, _, secret = text.partition(":")
    if not (name and secret):
        raise argparse.ArgumentTypeError("an id, a colon, a secret")
    return name, secret


def tls_context(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def die_with_parent() -> None:
    """Ask the kernel for a SIGTERM when the parent ends, and notice a parent that ended before that."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        raise SystemExit("the starting process has ended")


def main(arguments: list[str]) -> int:
    wanted = read_arguments(arguments)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if wanted.die_with_parent:
        die_with_parent()
    # From the environment where they are secrets: everybody on a machine may read a command line.
    keys = frozenset(wanted.key or [os.environ.get(KEY_VARIABLE) or DEFAULT_KEY])
    clients = dict(wanted.oauth_client)
    if told := os.environ.get(CLIENT_VARIABLE):
        clients.update([oauth_client(told)])
    account = Account(keys, wanted.app, wanted.effects, clients, has_quota=not wanted.no_quota)
    keeper = Keeper(account, wanted.keep) if wanted.keep else None
    server = SandboxServer((wanted.host, wanted.port), account, tls_context(wanted.tls_cert, wanted.tls_key))
    listener = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    listener.start()
    print(f"sandbox ready at {server.url}", flush=True)
    stop.wait()
    server.shutdown()
    listener.join()
    server.server_close()
    if keeper is not None:
        keeper.close()
    account.effects.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
