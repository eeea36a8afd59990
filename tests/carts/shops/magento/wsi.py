"""The description of an API as a shop gives it with WS-I compliance switched on, made of the one without.

The same calls and types as document/literal: arguments and result are wrapped in an element, and lists stand
in `complexObjectArray`.
"""

from __future__ import annotations

import re

OPERATIONS = (
    "login",
    "endSession",
    "salesOrderList",
    "salesOrderInfo",
    "salesOrderShipmentList",
    "salesOrderShipmentInfo",
    "customerCustomerInfo",
)
_TYPE = re.compile(r'<complexType name="(\w+)">(.*?)</complexType>', re.DOTALL)
_ELEMENT = re.compile(r'<element name="(\w+)" type="([\w:]+)"')
_LIST = re.compile(r'wsdl:arrayType="([\w:]+)\[\]"')
_PART = re.compile(r'<part name="(\w+)" type="([\w:]+)"')


def wsi_wsdl(wsdl: str, name: str) -> str:
    """`wsdl` is that of original Magento 1, whose elements carry no prefix."""
    types = [_type(found, body) for found, body in _TYPE.findall(wsdl)]
    elements = [_request(wsdl, operation) + _response(wsdl, operation) for operation in OPERATIONS]
    messages = [
        f'<message name="{operation}{suffix}">'
        f'<part name="parameters" element="typens:{_wrapped(operation, suffix)}"/></message>'
        for operation in OPERATIONS
        for suffix in ("Request", "Response")
    ]
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns:typens="urn:{name}" xmlns:xsd="http://www.w3.org/2001/XMLSchema"
 xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns="http://schemas.xmlsoap.org/wsdl/"
 name="{name}" targetNamespace="urn:{name}">
<types><xsd:schema targetNamespace="urn:{name}">{"".join(types)}{"".join(elements)}</xsd:schema></types>
{"".join(messages)}
<portType name="PortType">{"".join(map(_operation, OPERATIONS))}</portType>
<binding name="Binding" type="typens:PortType">
<soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
{"".join(map(_bound, OPERATIONS))}</binding>
<service name="{name}Service"><port name="Port" binding="typens:Binding">
<soap:address location="https://shop.example/index.php/api/v2_soap/index/"/></port></service>
</definitions>"""


def _type(name: str, body: str) -> str:
    listed = _LIST.search(body)
    fields = _ELEMENT.findall(body)
    if listed:
        inner = _field("complexObjectArray", listed.group(1), ' maxOccurs="unbounded"')
    else:
        inner = "".join(_field(field, kind) for field, kind in fields)
    return f'<xsd:complexType name="{name}"><xsd:sequence>{inner}</xsd:sequence></xsd:complexType>'


def _field(name: str, kind: str, more: str = "") -> str:
    return f'<xsd:element name="{name}" type="{kind}" minOccurs="0"{more}/>'


def _wrapped(operation: str, suffix: str) -> str:
    middle = "" if operation in ("login", "endSession") and suffix == "Request" else suffix
    return f"{operation}{middle}Param"


def _request(wsdl: str, operation: str) -> str:
    fields = "".join(_field(*part) for part in _parts(wsdl, operation, "Request"))
    return _element(_wrapped(operation, "Request"), fields)


def _response(wsdl: str, operation: str) -> str:
    ((_, kind),) = _parts(wsdl, operation, "Response")
    return _element(_wrapped(operation, "Response"), _field("result", kind))


def _parts(wsdl: str, operation: str, suffix: str) -> list[tuple[str, str]]:
    names = f"{operation}(?:{suffix})?" if suffix == "Request" else f"{operation}{suffix}"
    message = re.search(rf'<message name="{names}">(.*?)</message>', wsdl, re.DOTALL)
    assert message is not None, operation
    return _PART.findall(message.group(1))


def _element(name: str, fields: str) -> str:
    inner = f"<xsd:complexType><xsd:sequence>{fields}</xsd:sequence></xsd:complexType>"
    return f'<xsd:element name="{name}">{inner}</xsd:element>'


def _operation(name: str) -> str:
    messages = f'<input message="typens:{name}Request"/><output message="typens:{name}Response"/>'
    return f'<operation name="{name}">{messages}</operation>'


def _bound(name: str) -> str:
    literal = '<soap:body use="literal"/>'
    return (
        f'<operation name="{name}"><soap:operation soapAction=""/><input>{literal}</input>'
        f"<output>{literal}</output></operation>"
    )
