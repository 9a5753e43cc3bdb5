"""The wire: values, layout and aliasing arrive unchanged, and everything except plain data is refused."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import WireError
from autograder.transport.wire import DTYPES, Decoder, Encoder, Frame

SETTINGS = settings(deadline=None, database=None, max_examples=60)


def _there_and_back(value: object) -> object:
    encode = Encoder()
    node = json.loads(json.dumps(encode(value)))  # the header really is JSON
    return Decoder(Frame({}, encode.storages))(node)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@SETTINGS
@given(PLAIN)
def test_plain_values_arrive_equal_and_with_the_same_type(value: object) -> None:
    back = _there_and_back(value)
    assert back == value and repr(back) == repr(value)


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=list(DTYPES))
def test_every_dtype_and_layout_arrives_unchanged(dtype: torch.dtype) -> None:
    base = torch.arange(24).reshape(2, 3, 4).to(dtype)
    for tensor in (
        base,
        base.transpose(0, 2),
        base[:, 1:],
        base[:, :1].expand(2, 3, 4),
        base[0, 0, 0],
        base[:0],
    ):
        back = _there_and_back(tensor)
        assert torch.equal(back, tensor)
        assert (back.dtype, back.stride(), back.storage_offset()) == (
            dtype,
            tensor.stride(),
            tensor.storage_offset(),
        )


def test_nan_and_infinities_arrive() -> None:
    values = _there_and_back([float("nan"), float("inf"), -float("inf"), torch.tensor([float("nan")])])
    assert np.isnan(values[0]) and values[1:3] == [np.inf, -np.inf] and values[3].isnan().all()


def test_tensors_that_share_storage_still_share_it_and_the_sender_keeps_its_own() -> None:
    base = torch.zeros(4)
    first, second = _there_and_back((base, base[2:]))
    first += 1
    assert second.tolist() == [1, 1] and base.tolist() == [0, 0, 0, 0]


def test_arrays_and_generators_arrive() -> None:
    array = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(_there_and_back(array), array)
    generator = torch.Generator().manual_seed(5)
    assert torch.equal(
        torch.rand(3, generator=_there_and_back(generator)), torch.rand(3, generator=generator)
    )


@pytest.mark.parametrize(
    "value",
    [object(), {1: 2}, np.array([object()]), {"a": {1}}, b"bytes", torch.eye(2).to_sparse(), lambda: 0],
    ids=["object", "int keys", "object array", "set", "bytes", "sparse", "function"],
)
def test_other_than_plain_data_is_refused(value: object) -> None:
    with pytest.raises(WireError):
        Encoder()(value)


def test_endless_nesting_is_refused() -> None:
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(WireError):
        Encoder()(loop)


def _tensor_node(**changes: object) -> dict[str, object]:
    return {
        "tensor": {"storage": 0, "dtype": "float32", "size": [2], "stride": [1], "offset": 0, "grad": False}
        | changes
    }


@pytest.mark.parametrize(
    "node",
    [
        _tensor_node(size=[3]),
        _tensor_node(offset=1),
        _tensor_node(offset=-1),
        _tensor_node(size=[2, 2], stride=[1]),
        _tensor_node(stride=[2]),
        _tensor_node(size=[2.0]),
        _tensor_node(size=[True]),
        _tensor_node(dtype="object"),
        _tensor_node(storage=1),
        _tensor_node(dtype="float64"),
        {"pickle": "x"},
        {"list": [], "tuple": []},
        3.5,
    ],
)
def test_a_node_with_false_data_is_refused(node: object) -> None:
    with pytest.raises(WireError):
        Decoder(Frame({}, [torch.zeros(2).untyped_storage()]))(node)
