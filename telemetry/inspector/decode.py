"""Undoes a body's Content-Encoding within a bound on what may come out."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_COMPRESSED = 5 * 1024 * 1024
"""Bytes accepted from the wire."""

MAX_DECOMPRESSED = 20 * 1024 * 1024
"""Bytes accepted after decompression; a body that grows beyond is refused while it is being read."""

_STEP = 64 * 1024
# A zstd block of a few bytes may stand for 128 KiB, and zstandard offers no bound on one step's output.
_ZSTD_STEP = 256


class RefusedBodyError(Exception):
    """A request that is answered with ``status`` (400, 413 or 415) and one sentence for its sender."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


def decode(body: bytes, encoding: str | None, *, limit: int = MAX_DECOMPRESSED) -> bytes:
    """Return the decompressed body.

    Args:
        body: the bytes of the request.
        encoding: the Content-Encoding header; None, "" and "identity" mean none.
        limit: bytes that may come out.

    Raises:
        RefusedBodyError: 415 for an encoding that is unknown or not installed, 400 for a torn or invalid
            body, 413 when more than ``limit`` bytes come out.

    """
    name = (encoding or "identity").strip().lower()
    steps = _DECODERS.get(name)
    if steps is None:
        raise RefusedBodyError(415, "This Content-Encoding is not supported; use gzip, deflate, br or zstd.")
    parts: list[bytes] = []
    size = 0
    for part in steps(body):
        size += len(part)
        if size > limit:
            raise RefusedBodyError(413, f"The body is larger than {limit} bytes when decompressed.")
        parts.append(part)
    return b"".join(parts)


def _identity(body: bytes) -> Iterator[bytes]:
    yield body


def _inflate(body: bytes, wbits: int, name: str) -> Iterator[bytes]:
    rest = body
    while True:
        member = zlib.decompressobj(wbits)
        while not member.eof:
            try:
                part = member.decompress(rest, _STEP)
            except zlib.error:
                raise RefusedBodyError(400, f"The body is not valid {name}.") from None
            rest = member.unconsumed_tail
            if not part and not rest and not member.eof:
                raise RefusedBodyError(400, f"The {name} body ends too early.")
            yield part
        rest = member.unused_data
        if not rest:
            return


def _gzip(body: bytes) -> Iterator[bytes]:
    return _inflate(body, 31, "gzip")


def _deflate(body: bytes) -> Iterator[bytes]:
    # HTTP says zlib's format, some senders omit its header: two bytes tell which one it is.
    has_header = len(body) >= 2 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    return _inflate(body, 15 if has_header else -15, "deflate")


def _brotli(body: bytes) -> Iterator[bytes]:
    try:
        import brotli  # type: ignore[import-untyped] # brotli ships no types
    except ImportError:
        raise _not_installed("br") from None
    stream = brotli.Decompressor()
    try:
        part = stream.process(body, output_buffer_limit=_STEP)
        while part or not (stream.is_finished() or stream.can_accept_more_data()):
            yield part
            part = stream.process(b"", output_buffer_limit=_STEP)
    except TypeError:  # brotli before 1.2 cannot bound its output
        raise _not_installed("br") from None
    except brotli.error:
        raise RefusedBodyError(400, "The body is not valid br.") from None
    if not stream.is_finished():
        raise RefusedBodyError(400, "The br body ends too early.")


def _zstd(body: bytes) -> Iterator[bytes]:
    try:
        import zstandard
    except ImportError:
        raise _not_installed("zstd") from None
    factory = zstandard.ZstdDecompressor(max_window_size=32 * 1024 * 1024)
    frame = factory.decompressobj()
    rest = memoryview(body)
    try:
        while rest or not frame.eof:
            if not rest:
                raise RefusedBodyError(400, "The zstd body ends too early.")
            if frame.eof:
                frame = factory.decompressobj()
            chunk, rest = rest[:_ZSTD_STEP], rest[_ZSTD_STEP:]
            yield frame.decompress(chunk)
            if frame.eof and frame.unused_data:
                rest = memoryview(body)[len(body) - len(rest) - len(frame.unused_data) :]
    except zstandard.ZstdError:
        raise RefusedBodyError(400, "The body is not valid zstd.") from None


def _not_installed(encoding: str) -> RefusedBodyError:
    return RefusedBodyError(
        415, f"{encoding} needs the inspector extra: pip install 'continuum-memory[inspector]', or send gzip."
    )


_DECODERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "": _identity,
    "identity": _identity,
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
