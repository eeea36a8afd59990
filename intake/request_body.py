"""Read a request's body without ever reading more than is allowed."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.request import UnreadablePostError

_CHUNK_BYTES = 65_536


class BodyRefused(Exception):
    """The body is not taken: an HTTP status and a sentence for the sender."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def body_read(request: HttpRequest) -> bytes:
    """The whole body, at most `MAX_BODY_BYTES` long.

    Raises: BodyRefused if it is empty, too large, or shorter than announced.
    """
    limit = settings.MAX_BODY_BYTES
    length = request.META.get("CONTENT_LENGTH") or ""
    if length and not (length.isascii() and length.isdigit()):
        raise BodyRefused(400, "The Content-Length header is no number.")
    announced = int(length[:20]) if length else None
    if announced is not None and announced > limit:
        raise _too_large(limit)
    # Django reads nothing without a length; a chunked body ends by itself where the server says so.
    chunked = announced is None and request.META.get("wsgi.input_terminated")
    stream = request.META["wsgi.input"] if chunked else request
    parts: list[bytes] = []
    size = 0
    try:
        while size <= limit and (part := stream.read(min(_CHUNK_BYTES, limit + 1 - size))):
            parts.append(part)
            size += len(part)
    except (UnreadablePostError, OSError) as err:
        raise BodyRefused(400, "The body could not be read to its end. Send it again.") from err
    body = b"".join(parts)
    if len(body) > limit:
        raise _too_large(limit)
    if announced is not None and len(body) < announced:
        raise BodyRefused(400, f"The body ended after {len(body)} of {announced} bytes. Send it again.")
    if not body:
        raise BodyRefused(400, "The body is empty. Send the events as JSON in it.")
    return body


def _too_large(limit: int) -> BodyRefused:
    return BodyRefused(413, f"The body is larger than {limit} bytes. Send fewer events at once.")
