"""`python -m tests.trace_order [--pairs]`: the files one paid order enters, and the moves between them.

A file is entered by a call of one of its functions; a move is a call from one file of ours into another,
whatever of other libraries lies between. An order comes in by its hook, is taken in and replicated, in this
process, over REST and over XML-RPC; what is asked for once is known from an order before it. `--pairs` lists
the moves that are made most often.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NOT_OURS = ("tests", "sandbox", ".venv")


class Trace:
    """The files entered and the moves between them, in every thread, while `running`."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.moves: Counter[tuple[str, str]] = Counter()
        self._names: dict[str, str] = {}
        self._stacks = threading.local()

    @contextmanager
    def running(self) -> Iterator[None]:
        threading.setprofile(self._note)
        sys.setprofile(self._note)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    def _note(self, frame: Any, what: str, _argument: Any) -> None:
        if what not in ("call", "return"):
            return
        name = self._name_of(frame.f_code.co_filename)
        if not name or frame.f_code.co_name == "<module>":
            return
        stack: list[str] = self._stacks.__dict__.setdefault("stack", [])
        if what == "return":
            if stack:
                stack.pop()
            return
        self.files.add(name)
        if stack and stack[-1] != name:
            self.moves[stack[-1], name] += 1
        stack.append(name)

    def _name_of(self, path: str) -> str:
        if path not in self._names:
            inside = Path(path).is_relative_to(ROOT) and Path(path).relative_to(ROOT)
            self._names[path] = str(inside) if inside and inside.parts[0] not in NOT_OURS else ""
        return self._names[path]


def traced(sandbox: Any, mode: str) -> dict[str, Trace]:
    from django.test import Client

    from cascade.models import Replication
    from cascade.services import replication_work
    from config.demo.orders import demo_orders
    from intake.tasks import process_event
    from tests.reference import MODES, Reference

    sandbox.reset()
    reference = Reference(sandbox, MODES[mode])
    reference.send("1000", email="first@example.com")
    client, stored = Client(), {}

    def deliver(number: str) -> None:
        order = {**demo_orders()[0], "order_id": number}
        order["billing"] = {**order["billing"], "email": f"{number}@example.com"}
        order["items"] = [{**item, "merchant_item_id": "BONE"} for item in order["items"]]
        body = [{"order_create": order}]
        answer = client.post(f"/hooks/{reference.source.token}/", body, content_type="application/json")
        stored.update(answer.json())

    def take_in(number: str) -> None:
        process_event(stored["stored"])

    def replicate(number: str) -> None:
        replication = Replication.objects.get(
            kind="order", order__source=reference.source, order__shop_order_id=number
        )
        ended = replication_work(replication.pk)
        assert ended is not None and ended.state == Replication.State.SUCCEEDED, ended and ended.reason

    phases: dict[str, Callable[[str], None]] = {"hook": deliver, "event": take_in, "run": replicate}
    for phase in phases.values():
        phase("1001")  # what is imported or asked for once
    traces = {}
    for name, phase in phases.items():
        traces[name] = Trace()
        with traces[name].running():
            phase("1002")
    return traces


def main(arguments: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CASCADER_DATA_DIR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django

        django.setup()
        from django.conf import settings
        from django.core.management import call_command

        from tests.sandbox_client import Sandbox

        settings.ALLOWED_HOSTS = ["testserver"]
        call_command("migrate", verbosity=0)
        print("| protocol | files entered | moves between files | hook | event | run |")
        print("|---|---|---|---|---|---|")
        with Sandbox.start() as sandbox:
            settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = sandbox.url
            for title, mode in (("REST", "REST"), ("XML-RPC", "XML-RPC blank order")):
                traces = traced(sandbox, mode)
                files = set.union(*(trace.files for trace in traces.values()))
                moves = {name: trace.moves.total() for name, trace in traces.items()}
                print(f"| {title} | {len(files)} | {sum(moves.values()):,} | ", end="")
                print(" | ".join(f"{count:,}" for count in moves.values()), "|")
                if "--pairs" in arguments:
                    pairs: Counter[tuple[str, str]] = sum((t.moves for t in traces.values()), Counter())
                    for (one, other), count in pairs.most_common(40):
                        print(f"  {count:5}  {one} -> {other}")


if __name__ == "__main__":
    main(sys.argv[1:])
