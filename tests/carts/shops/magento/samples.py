"""What a real shop answered, as plain values: recorded SOAP answers, and answers of the older API as JSON."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest
from defusedxml import ElementTree

from tests.carts.payloads import SAMPLES as ULTRACART_SAMPLES

SAMPLES = ULTRACART_SAMPLES.with_name("magento-soap")
WSDLS = {"Magento": "magento1-soap-v2.wsdl", "OpenMage": "openmage-20.18.0-soap-v2.wsdl"}
RECORDED = ("100000001", "100000002", "100000003")
OLDER_API = ("100000001", "100000004")
_ARRAY = "{http://schemas.xmlsoap.org/soap/encoding/}arrayType"

needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the recorded Magento answers are not beside this checkout"
)


def _has_soap_server() -> bool:
    php = shutil.which("php")
    return bool(php) and "\nsoap\n" in subprocess.run([php, "-m"], capture_output=True, text=True).stdout


needs_php = pytest.mark.skipif(not _has_soap_server(), reason="PHP with its SOAP server is not installed")


def wsdl_text(name: str) -> str:
    return (SAMPLES / WSDLS[name]).read_text()


def recorded(name: str) -> Any:
    """The result of a recorded answer."""
    body = ElementTree.parse(SAMPLES / f"{name}.response.xml").getroot()[0]
    return _value(body[0][0])


def older_order(increment_id: str) -> dict[str, Any]:
    order: dict[str, Any] = json.loads((SAMPLES / f"order-info-{increment_id}.json").read_text())
    return order


def _value(element: Any) -> Any:
    if _ARRAY in element.attrib:
        return [_value(item) for item in element]
    if len(element):
        return {child.tag: _value(child) for child in element}
    return element.text or ""
