"""Read a body in bounded pieces, unpacking gzip ourselves. What its bytes would become: `crm.shapes`.

`requests` would unpack a bomb whole: 0.2 MB on the wire became 613 MB of memory in a stock client.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

MAX_WIRE_BYTES = 4 * 1024 * 1024
MAX_DECODED_BYTES = 8 * 1024 * 1024
PIECE_BYTES = 16 * 1024


class BodyRefused(Exception):
    """The body is larger than any honest reply, cut short, or packed in a way we did not ask for."""


class BodyTooLarge(BodyRefused):
    pass


def body_pieces(
    raw: Any, headers: Any, most_wire: int = MAX_WIRE_BYTES, most_decoded: int = MAX_DECODED_BYTES
) -> Iterator[bytes]:
    """Yield the decoded body of a urllib3 response piece by piece.

    Raises: BodyTooLarge, BodyRefused, and whatever urllib3 raises while reading.
    """
    packing = (headers.get("Content-Encoding") or "identity").strip().lower()
    if packing in ("gzip", "x-gzip"):
        yield from within(most_decoded, unpacked(_wire_pieces(raw, headers, most_wire)))
    elif packing in ("", "identity"):
        yield from _wire_pieces(raw, headers, most_wire)
    else:
        raise BodyRefused("it is packed in a way we did not ask for")


def _wire_pieces(raw: Any, headers: Any, most: int) -> Iterator[bytes]:
    announced = headers.get("Content-Length") or ""
    if announced.isdigit() and int(announced[:20]) > most:
        raise BodyTooLarge("it is too large")
    # read1 hands out what has arrived; read would wait for a full piece, past every deadline.
    yield from within(most, iter(lambda: raw.read1(PIECE_BYTES, decode_content=False), b""))


def within(limit: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces, as long as they are no more than that together. Raises: BodyTooLarge."""
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > limit:
            raise BodyTooLarge("it is too large")
        yield piece


def unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Of a gzip stream, never more at once than a piece. Raises: BodyRefused where it is broken."""
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        for piece in pieces:
            packed = piece
            while unpacked := unpacker.decompress(packed, PIECE_BYTES):
                yield unpacked
                packed = unpacker.unconsumed_tail
    except zlib.error as err:
        raise BodyRefused("its gzip packing is broken") from err
    if not unpacker.eof:
        raise BodyRefused("it is cut short")
