"""Bodies come out whole, within bounds, or are refused with one sentence."""

from __future__ import annotations

import gzip
import sys
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from telemetry.inspector.decode import RefusedBodyError, decode


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


ENCODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("encoding", ENCODERS)
@pytest.mark.parametrize("data", [b"", b"x", b"telemetry " * 50_000], ids=["empty", "byte", "long"])
def test_every_encoding_comes_out_as_it_went_in(encoding: str, data: bytes) -> None:
    assert decode(ENCODERS[encoding](data), encoding) == data


@pytest.mark.parametrize("encoding", [None, "", "identity", " Identity "])
def test_no_encoding_leaves_the_body_alone(encoding: str | None) -> None:
    assert decode(b"abc", encoding) == b"abc"


def test_deflate_is_read_without_its_header_too() -> None:
    assert decode(raw_deflate(b"abc" * 100), "deflate") == b"abc" * 100


def test_members_and_frames_that_follow_each_other_are_joined() -> None:
    compress = zstandard.ZstdCompressor().compress
    assert decode(gzip.compress(b"a") + gzip.compress(b"b"), "gzip") == b"ab"
    assert decode(compress(b"a" * 999) + compress(b"b"), "zstd") == b"a" * 999 + b"b"


@pytest.mark.parametrize("encoding", ENCODERS)
def test_a_bomb_is_refused_while_it_is_being_read(encoding: str) -> None:
    bomb = ENCODERS[encoding](b"\0" * 30_000_000)
    with pytest.raises(RefusedBodyError, match="larger than 20971520 bytes") as refused:
        decode(bomb, encoding)
    assert refused.value.status == 413


@pytest.mark.parametrize("encoding", ENCODERS)
def test_a_torn_body_is_refused(encoding: str) -> None:
    torn = ENCODERS[encoding](bytes(range(256)) * 40)[:-5]
    with pytest.raises(RefusedBodyError, match="too early") as refused:
        decode(torn, encoding)
    assert refused.value.status == 400


@pytest.mark.parametrize("encoding", ENCODERS)
@given(data=st.binary(max_size=200))
def test_nonsense_is_refused_or_read_but_never_breaks(encoding: str, data: bytes) -> None:
    status = 200
    try:
        decode(data, encoding)
    except RefusedBodyError as refused:
        status = refused.status
    assert status in (200, 400)


@pytest.mark.parametrize("encoding", ["gzip, br", "lzma", "compress"])
def test_unknown_encodings_are_named_as_such(encoding: str) -> None:
    with pytest.raises(RefusedBodyError, match="not supported") as refused:
        decode(b"", encoding)
    assert refused.value.status == 415


@pytest.mark.parametrize(("encoding", "module"), [("br", "brotli"), ("zstd", "zstandard")])
def test_a_missing_extra_says_what_to_install(
    encoding: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(RefusedBodyError, match="inspector extra") as refused:
        decode(b"", encoding)
    assert refused.value.status == 415
