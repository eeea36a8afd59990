"""Secrets of the embedded set: made once, kept below the data folder, readable by their owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet

PRIVATE = ("cascader.sqlite3*", "sandbox.kept*", "demo.json", "environment", "logs", "queue", "secrets")


def folder_private(folder: Path) -> None:
    """Orders, buyers and logs lie in it: its owner's alone, what was there before included, and from now on
    what this process and its children make.
    """
    os.umask(0o077)
    folder.mkdir(parents=True, exist_ok=True)
    ours = [folder, *(path for name in PRIVATE for path in folder.glob(name))]
    for path in [*ours, *(below for one in ours[1:] if one.is_dir() for below in one.rglob("*"))]:
        path.chmod(0o700 if path.is_dir() else 0o600)


def embedded_secret(folder: Path, name: str) -> str:
    """The secret of that name, made if it is not there. Safe when several processes start at once."""
    path = folder / "secrets" / name.lower()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    value = Fernet.generate_key().decode() if name == "FIELD_ENCRYPTION_KEYS" else secrets.token_urlsafe(50)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(value)
        try:
            os.link(draft, path)  # atomic: the first process wins, the others read what it wrote
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
