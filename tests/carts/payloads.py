"""Our own deliveries, and where the captured ones lie."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).parent / "fixtures"
SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "sources" / "samples" / "ultracart"
XML_SAMPLES = SAMPLES.with_name("ultracart-xml")

needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the captured UltraCart samples are not beside this checkout"
)


def fixture(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text())


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text())


def as_body(value: Any) -> bytes:
    return json.dumps(value).encode()


def compressed(value: Any) -> str:
    return base64.b64encode(gzip.compress(as_body(value))).decode()


def paid_order(**changes: Any) -> dict[str, Any]:
    return {**fixture("order_paid.json"), **changes}
