"""Put known faults into a copy of the code, one at a time, and see that the named tests notice each.

    python -m tests.seeded_faults              all of them, as a Markdown table
    python -m tests.seeded_faults no-heartbeat float-money

Each fault replaces text that occurs once in one file. First the tests must pass without a fault; then, with
it, one of them must fail. Exit code 1 if any fault is not noticed, or its text is not there any more. The
working tree is never touched: everything happens in a copy in the system's folder for temporary files.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.seeded_fault_list import FAULTS, Fault

ROOT = Path(__file__).resolve().parent.parent
TESTS_FAILED = 1  # pytest's exit code; any other says that the tests could not be run
LONGEST_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Verdict:
    fault: Fault
    noticed: bool
    words: str


def copied(into: Path) -> Path:
    """The tree as it is now, without what git ignores; what lies beside it is found beside the copy too."""
    tree = into / "tree"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    if (ROOT.parent / "shared").is_dir():
        (into / "shared").symlink_to(ROOT.parent / "shared")
    return tree


def run_tests(tree: Path, tests: tuple[str, ...], *options: str) -> tuple[int, str]:
    """pytest's exit code, and the first line that tells what failed."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-migrations"]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            [*command, *options, *tests],
            cwd=tree, capture_output=True, text=True, timeout=LONGEST_SECONDS, env=environment,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return -1, f"no end after {LONGEST_SECONDS} s"
    lines = done.stdout.splitlines() + done.stderr.splitlines()
    told = next((line for line in lines if line.startswith(("FAILED tests", "ERROR tests"))), "")
    return done.returncode, told or (lines[-1] if lines else "")


def seeded(tree: Path, fault: Fault) -> Verdict:
    path = tree / fault.file
    sound = path.read_text() if path.exists() else ""
    if sound.count(fault.before) != 1:
        return Verdict(fault, False, f"its text occurs {sound.count(fault.before)} times in {fault.file}")
    path.write_text(sound.replace(fault.before, fault.after))
    try:
        code, told = run_tests(tree, fault.tests, "-n", "0")
    finally:
        path.write_text(sound)
    if code != TESTS_FAILED:
        return Verdict(fault, False, told)
    return Verdict(fault, True, told.split(" - ")[0].removeprefix("FAILED ").removeprefix("ERROR "))


def main(names: list[str]) -> int:
    known = {fault.name: fault for fault in FAULTS}
    if unknown := [name for name in names if name not in known]:
        print(f"No such fault: {', '.join(unknown)}. Known: {', '.join(known)}", file=sys.stderr)
        return 2
    chosen = [known[name] for name in names] or list(FAULTS)
    with tempfile.TemporaryDirectory(prefix="seeded-faults-") as folder:
        tree = copied(Path(folder))
        tests = tuple(dict.fromkeys(test for fault in chosen for test in fault.tests))
        code, told = run_tests(tree, tests, "-n", "2")
        if code != 0:
            print(f"Without any fault the tests do not pass: {told}", file=sys.stderr)
            return 1
        print("| fault | in | noticed by |\n|---|---|---|", flush=True)
        verdicts = []
        for fault in chosen:
            verdict = seeded(tree, fault)
            verdicts.append(verdict)
            found = f"`{verdict.words}`" if verdict.noticed else f"**NOT noticed**: {verdict.words}"
            print(f"| {fault.what} | `{fault.file}` | {found} |", flush=True)
    missed = [verdict.fault.name for verdict in verdicts if not verdict.noticed]
    print(f"\n{len(verdicts) - len(missed)} of {len(verdicts)} noticed.", flush=True)
    if missed:
        print(f"Not noticed: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
