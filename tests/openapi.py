"""Hold requests and replies of REST against the vendor's files of v1 and v2: for client and sandbox tests.

    validate_request("POST", "https://api.keap.com/crm/rest/v2/contacts?duplicate_option=Email", body)
    validate_reply("POST", "/crm/rest/v2/contacts", 201, body)

A body is bytes, text, already read JSON, or None. Both raise NotAsDocumented, an AssertionError that says
what and where. Whatever stands before /rest/ in a URL is ignored. Stricter than the files: a member or query
parameter that a file does not name is refused, so that a misspelled one cannot pass. A file is read once per
process, in about a second; where it is not beside the checkout, the test is skipped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

SHARED = Path(__file__).resolve().parents[2] / "shared" / "infusionsoft"
MATERIAL = {"v1": SHARED / "keap-rest-v1-openapi.json", "v2": SHARED / "keap-rest-v2-openapi.yml"}
PATH = re.compile(r"/rest/(v[12])/.*")
JSON_TYPE = "application/json"
FORMATS = FormatChecker(formats=())
LIMITS = {"int32": 2**31, "int64": 2**63}
Json = Any
TEXT = {"type": "string"}
TIME = {"type": "string", "format": "date-time"}
# Younger than the file: as the vendor's own client has it (PyPI keap-core-v2-sdk 2.0.26).
YOUNGER: dict[str, Json] = {
    "/rest/v2/taskAppointments": {
        "get": {
            "parameters": [
                *({"in": "query", "name": name, "schema": TEXT} for name in ("filter", "order_by")),
                {"in": "query", "name": "page_token", "schema": TEXT},
                {"in": "query", "name": "page_size", "schema": {"type": "integer", "maximum": 1000}},
            ],
            "responses": {"200": {"content": {"application/json": {"schema": {
                "type": "object",
                "properties": {
                    "next_page_token": TEXT,
                    "taskAppointments": {"type": "array", "items": {
                        "type": "object",
                        "properties": {
                            **dict.fromkeys(("id", "title", "description", "location"), TEXT),
                            **dict.fromkeys(("contact_id", "user_id"), TEXT),
                            **dict.fromkeys(("start_time", "end_time", "create_time", "update_time"), TIME),
                        },
                    }},
                },
            }}}}},
        }
    }
}  # fmt: skip


class NotAsDocumented(AssertionError):
    """A request or reply that the vendor's file does not allow."""


@dataclass(frozen=True)
class Operation:
    """One verb of one path of a file; `template` is the path with its {placeholders}."""

    version: str
    verb: str
    template: str
    content: dict[str, Json]

    def parameters(self, where: str) -> dict[str, dict[str, Json]]:
        return {each["name"]: each for each in self.content.get("parameters", []) if each["in"] == where}


def validate_request(method: str, url: str, body: Json = None) -> Operation:
    """Check path, query and body of a request; give the operation it is."""
    split = urlsplit(url)
    found, values = _find(method, split.path)
    for name, parameter in found.parameters("path").items():
        _check_text(found.version, f"{{{name}}} of the path", parameter["schema"], values[name])
    _check_query(found, parse_qsl(split.query, keep_blank_values=True))
    wanted = found.content.get("requestBody")
    given = _read(body)
    if wanted is None:
        if given is not None:
            raise NotAsDocumented(f"{method} {found.template} takes no body")
    elif given is not None:
        _check(found.version, "the body", wanted["content"][JSON_TYPE]["schema"], given)
    elif wanted.get("required"):
        raise NotAsDocumented(f"{method} {found.template} needs a body")
    return found


def validate_reply(method: str, path: str, status: int, body: Json = None) -> None:
    """Check that the operation may answer with this status, and its body."""
    found, _ = _find(method, urlsplit(path).path)
    responses = found.content["responses"]
    if str(status) not in responses:
        known = ", ".join(responses)
        raise NotAsDocumented(f"{method} {found.template} never answers {status}, only {known}")
    content = responses[str(status)].get("content")
    given = _read(body)
    if content is None or JSON_TYPE not in content:
        if given is not None:
            raise NotAsDocumented(f"{method} {found.template} answers {status} without JSON")
        return
    _check(found.version, "the reply", content[JSON_TYPE]["schema"], given)


def template_of(method: str, url: str) -> str:
    """The path with its {placeholders}, without /rest."""
    return _find(method, urlsplit(url).path)[0].template.removeprefix("/rest")


@cache
def document(version: str) -> dict[str, Json]:
    """One of the vendor's files, objects closed to members it does not name."""
    if not MATERIAL[version].exists():
        pytest.skip("the collected vendor material is not beside this checkout")
    content: dict[str, Json]
    if version == "v1":
        content = json.loads(MATERIAL[version].read_bytes())
        content["paths"] = {f"/rest{path}": verbs for path, verbs in content["paths"].items()}
        _amend(content)
    else:
        content = yaml.load(MATERIAL[version].read_bytes(), Loader=yaml.CSafeLoader)
        content["paths"] |= YOUNGER
    _close(content["components"]["schemas"])
    _close(content["paths"])
    return content


def _amend(node: Json) -> None:
    """Let v1's definition mean what its replies are known to be.

    An appointment has an id, which clients read though the definition names none; a list of `Entry`, as the
    generator writes a map, is a map; the content of a custom field, an object there, is any value.
    """
    if isinstance(node, dict):
        if node.get("title") == "Appointment":
            node["properties"]["id"] = {"type": "integer", "format": "int64"}
        if "content" in node.get("properties", ()):
            node["properties"]["content"] = {}
        entry = node.get("items")
        if isinstance(entry, dict) and str(entry.get("title")).startswith("Entry"):
            values = entry["properties"]["key"]
            node.clear()
            node["type"], node["additionalProperties"] = "object", values
        for value in node.values():
            _amend(value)
    elif isinstance(node, list):
        for value in node:
            _amend(value)


def _close(node: Json) -> None:
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict) and node.get("type") == "object":
            node.setdefault("additionalProperties", False)
        for value in node.values():
            _close(value)
    elif isinstance(node, list):
        for value in node:
            _close(value)


@cache
def _operations(version: str) -> list[tuple[re.Pattern[str], Operation]]:
    """Paths with fewer placeholders first, so that contacts/model is not the contact named model."""
    found = sorted(_all(version), key=lambda operation: operation.template.count("{"))
    return [(_pattern(operation.template), operation) for operation in found]


def _all(version: str) -> Iterator[Operation]:
    for template, verbs in document(version)["paths"].items():
        for verb, content in verbs.items():
            yield Operation(version, verb.upper(), template, content)


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    literal = [re.escape(part) if even % 2 == 0 else f"(?P<{part}>[^/:]+)" for even, part in enumerate(parts)]
    return re.compile("".join(literal))


def _find(method: str, path: str) -> tuple[Operation, dict[str, str]]:
    below = PATH.search(path)
    if below is None:
        raise NotAsDocumented(f"nothing at {method} {path}")
    verbs = []
    for pattern, operation in _operations(below[1]):
        match = pattern.fullmatch(below[0])
        if match and operation.verb == method.upper():
            return operation, {name: unquote(value) for name, value in match.groupdict().items()}
        if match:
            verbs.append(operation.verb)
    raise NotAsDocumented(f"nothing at {method} {path}" + (f", only {', '.join(verbs)}" if verbs else ""))


def _check_query(found: Operation, given: list[tuple[str, str]]) -> None:
    known = found.parameters("query")
    for name, text in given:
        if name not in known:
            raise NotAsDocumented(f"{found.verb} {found.template} has no query parameter {name}")
        _check_text(found.version, f"the query parameter {name}", known[name]["schema"], text)
    for name, parameter in known.items():
        if parameter.get("required") and name not in dict(given):
            raise NotAsDocumented(f"{found.verb} {found.template} needs the query parameter {name}")


def _check_text(version: str, what: str, schema: dict[str, Json], text: str) -> None:
    """A parameter travels as text: a number in digits, a list with commas."""
    kind = schema.get("type")
    value: Json = text
    if kind == "array":
        value = text.split(",")
    elif kind == "integer" and re.fullmatch(r"-?\d+", text):
        value = int(text)
    elif kind == "boolean" and text in ("true", "false"):
        value = text == "true"
    _check(version, what, schema, value)


def _check(version: str, what: str, schema: dict[str, Json], value: Json) -> None:
    validator = Draft202012Validator(
        {"$ref": "#/wanted", "wanted": schema, "components": document(version)["components"]},
        format_checker=FORMATS,
    )
    errors = [f"{what}{error.json_path[1:]}: {error.message}" for error in validator.iter_errors(value)]
    if errors:
        raise NotAsDocumented("\n".join(errors))


def _read(body: Json) -> Json:
    if isinstance(body, bytes | str):
        return json.loads(body) if body else None
    return body


@FORMATS.checks("date-time", ValueError)
def _is_date_time(value: object) -> bool:
    """RFC 3339: with a zone."""
    return not isinstance(value, str) or ("T" in value and datetime.fromisoformat(value).tzinfo is not None)


@FORMATS.checks("date", ValueError)
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or bool(date.fromisoformat(value))


@FORMATS.checks("int32")
def _is_int32(value: object) -> bool:
    return not isinstance(value, int) or -LIMITS["int32"] <= value < LIMITS["int32"]


@FORMATS.checks("int64")
def _is_int64(value: object) -> bool:
    return not isinstance(value, int) or -LIMITS["int64"] <= value < LIMITS["int64"]
