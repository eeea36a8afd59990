"""`/api/v1/orders/` and the other kinds: a program puts them in and reads back what is known."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from intake.api.fields import QueryFlagField, StrictSerializer
from intake.api.resources import Resource, accept
from intake.api.schema import HEADERS, PROBLEMS, ProblemSerializer, TakenSerializer, page_of
from intake.api.views import ApiKeyView, filters_of, posted


class ResourceView(ApiKeyView):
    resource: ClassVar[Resource]
    putting: ClassVar[type[StrictSerializer]]

    def get(self, request: Request) -> Response:
        asked = filters_of(request, self.resource.filters)
        wanted = {name: value for name, value in asked.items() if value != ""}
        rows = self.resource.rows().filter(source=self.source(request), **wanted)
        return self.listed(request, rows, self.resource.stored)

    def post(self, request: Request) -> Response:
        flags = [name for name, is_set in filters_of(request, self.putting).items() if is_set]
        body, values = posted(request, self.resource.serializer)
        content_type = request.headers.get("Content-Type", "")
        accepted = accept(self.source(request), self.resource, body, values, content_type, flags=flags)
        if accepted.row is None or accepted.status == 202:
            return Response({"stored": accepted.event.pk, "detail": accepted.detail}, status=202)
        return Response(self.resource.stored(accepted.row), status=accepted.status)


def resource_view(resource: Resource) -> type[ResourceView]:
    name = resource.kind.capitalize()
    flags = {flag: QueryFlagField(default=False, help_text=means) for flag, means in resource.flags.items()}
    doc = {"__doc__": "How one is put in."}
    putting: type[StrictSerializer] = type(f"{name}PuttingSerializer", (StrictSerializer,), {**doc, **flags})
    newest = {"next": None, "previous": None, "results": [resource.stored_example]}
    described = extend_schema_view(
        get=extend_schema(
            operation_id=f"{resource.plural}_list",
            description=resource.listed,
            parameters=[resource.filters, *HEADERS],
            examples=[OpenApiExample("The newest", newest, response_only=True, status_codes=["200"])],
            responses={200: page_of(resource.stored_serializer), **PROBLEMS},
        ),
        post=extend_schema(
            operation_id=f"{resource.plural}_put",
            description=f"{resource.put}: 201 if it is new, 200 if it is known, whether it changed or not."
            "\n\n202 means that it is stored but could not be applied at once; `detail` says why.",
            parameters=[*([putting] if flags else []), *HEADERS],
            request=resource.serializer,
            examples=[
                *(
                    OpenApiExample(title, value, request_only=True)
                    for title, value in resource.examples.items()
                ),
                stored_example(resource),
            ],
            responses={
                **dict.fromkeys((200, 201), resource.stored_serializer),
                202: TakenSerializer,
                413: ProblemSerializer,
                **PROBLEMS,
            },
        ),
    )
    own: dict[str, Any] = {"resource": resource, "putting": putting}
    view: type[ResourceView] = described(type(f"{name}sView", (ResourceView,), own))
    return view


def stored_example(resource: Resource) -> OpenApiExample:
    """The answer to putting one in, or to reading it."""
    return OpenApiExample(
        "As it is stored", resource.stored_example, response_only=True, status_codes=["200", "201"]
    )
