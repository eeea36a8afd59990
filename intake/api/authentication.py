"""`Authorization: Api-Key <key>`: a key stands for one source and sees nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from intake.models.sources import ApiKey, Source
from intake.sources import api_key_find, api_key_used

SCHEME = "Api-Key"
REFUSED = (
    "The API key is unknown, revoked, past its end because a new key took its place, or its source is "
    "switched off. See the API keys of the source."
)


@dataclass(frozen=True, slots=True)
class ApiPrincipal:
    """Who calls: a shop, by one of its keys. It is no person and has no rights in the pages."""

    key: ApiKey
    is_authenticated: ClassVar[bool] = True
    is_active: ClassVar[bool] = True

    @property
    def pk(self) -> int:
        return self.key.pk

    @property
    def source(self) -> Source:
        return self.key.source


class ApiKeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[ApiPrincipal, ApiKey] | None:
        scheme, _, plain = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        key = api_key_find(plain.strip()) if plain.strip() else None
        if key is None:
            raise AuthenticationFailed(REFUSED)
        api_key_used(key)
        return ApiPrincipal(key), key

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells drf-spectacular how the key is sent."""

    target_class = "intake.api.authentication.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": f"`{SCHEME} <key>`",
        }
