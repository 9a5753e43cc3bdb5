"""For all bytes from a worker, the grader returns a value or its own verdict: no crash, no hang, no other error."""

import json
import struct

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import Killed, StudentError, WireError, WrongAnswer
from autograder.transport.exchange import Reply
from autograder.transport.frames import MAX_BYTES, MAX_HEADER, pack, unpack
from autograder.transport.generators import generator_in
from autograder.transport.session import Session
from autograder.transport.wire import DTYPES, MAX_LOGICAL, Decoder, Encoder, Frame

SETTINGS = settings(deadline=None, database=None, max_examples=100)


class Ended(Exception):
    """The stream ends, like when a worker dies in the middle of a frame."""


def _unpacked(data: bytes) -> Frame:
    position = 0

    def fill(buffer: memoryview) -> None:
        nonlocal position
        piece = data[position : position + len(buffer)]
        if len(piece) < len(buffer):
            raise Ended
        buffer[:] = piece
        position += len(piece)

    return unpack(fill)


def _bytes(frame: Frame) -> bytes:
    return b"".join(pack(frame))


def _valid() -> bytes:
    encode = Encoder()
    return _bytes(
        encode.frame(value=encode([torch.arange(6.0).reshape(2, 3), torch.ones(2).bool(), {"a": 1.5}]))
    )


def test_a_frame_arrives_as_it_was_sent() -> None:
    frame = _unpacked(_valid())
    tensor, flags, rest = Decoder(frame)(frame.header["value"])
    assert tensor.tolist() == [[0, 1, 2], [3, 4, 5]] and flags.tolist() == [True, True] and rest == {"a": 1.5}


@SETTINGS
@given(st.binary(max_size=200))
def test_random_bytes_are_not_a_frame(data: bytes) -> None:
    with pytest.raises((WireError, Ended)):
        _unpacked(data)


@SETTINGS
@given(st.data())
def test_a_frame_with_bytes_changed_decodes_or_is_refused(data: st.DataObject) -> None:
    raw = bytearray(_valid())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        frame = _unpacked(bytes(raw))
        Decoder(frame)(frame.header.get("value"))
    except (WireError, Ended):
        return


@pytest.mark.parametrize(
    ("header", "count", "sizes"),
    [
        (MAX_HEADER + 1, 0, []),
        (2**32 - 1, 0, []),
        (2, 65_535, [0] * 65_535),
        (2, 1, [MAX_BYTES + 1]),
        (2, 2, [2**63, 2**63]),
    ],
)
def test_a_frame_that_announces_too_much_is_refused_before_it_is_read(
    header: int, count: int, sizes: list[int]
) -> None:
    data = struct.pack("<4sIH", b"HWF1", header, count) + struct.pack(f"<{len(sizes)}Q", *sizes)
    with pytest.raises(WireError, match="the limit is"):
        _unpacked(data)


@pytest.mark.parametrize(
    "header",
    [
        "[" * 100_000 + "]" * 100_000,
        '{"a":' + "9" * 100_000 + "}",
        '{"a":NaN}',
        "[]",
        "7",
        "\xff",
        '{"a":1',
        "",
    ],
    ids=["deep", "megadigits", "NaN", "list", "number", "latin", "cut", "empty"],
)
def test_a_header_that_is_not_an_object_of_plain_values_is_refused(header: str) -> None:
    text = header.encode("latin-1")
    with pytest.raises(WireError):
        _unpacked(struct.pack("<4sIH", b"HWF1", len(text), 0) + text)


def test_a_tensor_that_claims_terabytes_is_refused() -> None:
    body = {"storage": 0, "dtype": "float32", "size": [2**40], "stride": [0], "offset": 0, "grad": False}
    with pytest.raises(WireError, match="the limit is"):
        Decoder(Frame({}, [torch.zeros(2).untyped_storage()]))({"tensor": body})


def test_many_tensors_on_one_storage_count_together() -> None:
    body = {"storage": 0, "dtype": "float32", "size": [2**22], "stride": [0], "offset": 0, "grad": False}
    fits = MAX_LOGICAL // 2**24
    decode = Decoder(Frame({}, [torch.zeros(2).untyped_storage()]))
    assert len(decode({"list": [{"tensor": body}] * fits})) == fits
    with pytest.raises(WireError):
        decode({"tensor": body})


def test_invalid_booleans_are_refused() -> None:
    body = {"storage": 0, "dtype": "bool", "size": [2], "stride": [1], "offset": 0, "grad": False}
    with pytest.raises(WireError):
        Decoder(Frame({}, [torch.tensor([1, 2], dtype=torch.uint8).untyped_storage()]))({"tensor": body})


@pytest.mark.parametrize("drawn", [0, 1, 623, 624, 625, 2000])
def test_every_state_of_a_real_generator_is_accepted(drawn: int) -> None:
    generator = torch.Generator().manual_seed(3)
    torch.rand(drawn, generator=generator)
    assert torch.equal(generator_in(generator.get_state()).get_state(), generator.get_state())


@pytest.mark.parametrize(("left", "position"), [(624, 624), (0, 1), (1, 2**40), (-1, 626), (625, 0), (2, 0)])
def test_a_generator_that_would_read_past_its_end_is_refused(left: int, position: int) -> None:
    state = torch.Generator().manual_seed(3).get_state()
    raw = bytearray(state.numpy().tobytes())
    struct.pack_into("<i", raw, 8, left)
    struct.pack_into("<Q", raw, 16, position)
    with pytest.raises(WireError):
        generator_in(torch.frombuffer(raw, dtype=torch.uint8))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**65), 2**65) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
SIZES = st.lists(st.integers(-2, 9) | st.sampled_from([2**31, 2**62, 2**63]), max_size=4)
TENSOR = (
    st.fixed_dictionaries(
        {
            "storage": st.integers(-1, 2),
            "dtype": st.sampled_from([*DTYPES, "object"]),
            "size": SIZES,
            "stride": SIZES,
            "offset": st.integers(-1, 9),
            "grad": st.booleans() | st.integers(0, 1),
        }
    )
    | JSON
)
LEAF = (
    st.builds(lambda kind, body: {kind: body}, st.sampled_from(["tensor", "array", "generator"]), TENSOR)
    | st.builds(
        lambda kind, body: {kind: body}, st.sampled_from(["float", "dtype", "callback", "handle", "x"]), JSON
    )
    | JSON
)
NODE = st.recursive(
    LEAF,
    lambda inner: (
        st.builds(lambda kind, body: {kind: body}, st.sampled_from(["list", "tuple"]), st.lists(inner))
        | st.builds(lambda body: {"dict": body}, st.lists(st.lists(inner | st.text(max_size=3), max_size=3)))
    ),
    max_leaves=8,
)


@SETTINGS
@given(NODE)
def test_any_node_decodes_or_is_refused(node: object) -> None:
    storages = [torch.zeros(8).untyped_storage(), torch.Generator().get_state().untyped_storage()]
    try:
        Decoder(Frame({}, storages))(node)
    except WireError:
        return


REPLY = st.dictionaries(
    st.sampled_from(["value", "arguments", "keywords", "gradients", "refused", "error", "op"]), NODE | JSON
)
ERROR = st.fixed_dictionaries(
    {"error": st.fixed_dictionaries({"kind": JSON, "message": JSON, "frames": JSON, "limit": JSON}) | JSON}
)


@SETTINGS
@given(REPLY | ERROR)
def test_any_reply_to_a_call_ends_in_a_verdict(header: dict[str, object]) -> None:
    header = json.loads(json.dumps(header))
    session = Session(lambda frame: Frame(header, [torch.zeros(8).untyped_storage()]), seed=1)
    try:
        reply = session.call("f.g", (torch.zeros(2),), {"generator": torch.Generator()})
    except (Killed, StudentError, WrongAnswer):
        return
    assert isinstance(reply, Reply)


@SETTINGS
@given(st.sampled_from(["callback", "vjp", "x"]), NODE, NODE, st.integers(-1, 2), st.booleans())
def test_any_request_is_answered_or_refused(
    op: str, first: object, second: object, number: int, grad: bool
) -> None:
    session = Session(lambda frame: frame, seed=1)
    session.callbacks.number_of(lambda *args, **kwargs: None)
    header = {"op": op, "number": number, "grad": grad, "args": first, "kwargs": second}
    header |= {"call": number, "gradients": first}
    try:
        answer = session.callbacks.answer(Frame(header, [torch.zeros(8).untyped_storage()]))
    except WireError:
        return
    assert answer.header["value"] is None
