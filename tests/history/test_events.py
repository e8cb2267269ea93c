"""Events as lines of JSON: every float32 comes back to the last bit."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import refusal

from repro.history.events import decode, encode, float32, float32_array, pack, plain, unpack


def there_and_back(bits: list[int]) -> np.ndarray:
    """The bits of the float32 of `bits`, encoded and decoded: uint32 [n]."""
    line = encode({"event": "steps", "loss": np.array(bits, np.uint32).view(np.float32)})
    return float32_array(decode(line)["loss"]).view(np.uint32)


SIGN, INFINITY, MOST = 0x80000000, 0x7F800000, 0x7FFFFFFF
numbers = st.integers(0, INFINITY) | st.integers(SIGN, SIGN | INFINITY)
nans = st.integers(INFINITY + 1, MOST) | st.integers((SIGN | INFINITY) + 1, SIGN | MOST)


@given(st.lists(numbers, min_size=1))
def test_every_float32_keeps_every_bit(bits: list[int]) -> None:
    assert there_and_back(bits).tolist() == bits


@pytest.mark.parametrize(
    "bits",
    [
        pytest.param(0x00000000, id="0"),
        pytest.param(0x80000000, id="-0"),
        pytest.param(0x00000001, id="the smallest"),
        pytest.param(0x007FFFFF, id="the largest denormal"),
        pytest.param(0x7F7FFFFF, id="the largest"),
        pytest.param(0x7F800000, id="infinity"),
        pytest.param(0xFF800000, id="-infinity"),
        pytest.param(
            0x15AE43FD,
            id="its shortest text, read as a float64, lies half-way to the next",
        ),
    ],
)
def test_hard_float32_keep_every_bit(bits: int) -> None:
    assert there_and_back([bits]).tolist() == [bits]
    number = np.uint32(bits).view(np.float32)
    assert float32(decode(encode({"event": "epoch", "loss": number}))["loss"]).view(np.uint32) == bits


@given(nans)
def test_every_nan_keeps_every_bit_alone_and_among_others(bits: int) -> None:
    assert there_and_back([bits, 0x3F800000, 0x7F800000]).tolist() == [bits, 0x3F800000, 0x7F800000]
    number = np.array([bits], np.uint32).view(np.float32)[0]
    assert float32(decode(encode({"event": "epoch", "loss": number}))["loss"]).view(np.uint32) == bits


@pytest.mark.parametrize(("bits", "text"), [(0x7FC00000, "NaN"), (0xFFC00000, "-NaN"), (0x7FC00001, "NaN(0x7fc00001)")])
def test_nans_are_written_so_that_floats_reader_takes_the_usual_ones(bits: int, text: str) -> None:
    assert plain(np.array([bits], np.uint32).view(np.float32)) == [text]
    if "(" not in text:
        assert np.float32(float(text)).view(np.uint32) == bits


@pytest.mark.parametrize("text", ["NaN(0x7fc0000)", "NaN(7fc00001)", "nan(0x7fc00001) ", "x"])
def test_what_is_no_number_is_refused(text: str) -> None:
    for read in (lambda: float32(text), lambda: float32_array([text])):
        with pytest.raises(ValueError, match="could not convert"):
            read()


@given(st.floats())
def test_a_python_float_keeps_its_value(value: float) -> None:
    back = float(decode(encode({"event": "finished", "training_seconds": value}))["training_seconds"])
    assert back == value or (math.isnan(back) and math.isnan(value))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values))
def test_an_event_is_one_line_of_strict_json(fields: dict[str, Any]) -> None:
    line = encode(fields | {"event": "failed"})
    assert line.isascii()
    assert "\n" not in line
    assert "\r" not in line

    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is no JSON")

    assert json.loads(line, parse_constant=refuse)["event"] == "failed"


def test_numpys_numbers_and_arrays_become_pythons() -> None:
    value = {"a": np.int64(2**53 - 1), "b": np.array([[1, 2]], np.int32), "c": (np.float32(0.1), np.bool_(0))}
    assert repr(plain(value)) == "{'a': 9007199254740991, 'b': [[1, 2]], 'c': [0.1, False]}"


@pytest.mark.parametrize("line", ["", "\n", "nonsense", "42", "NaN", '["event"]', "{}", '{"event":1}', '{"event":'])
def test_what_is_no_event_is_refused(line: str) -> None:
    refusal(lambda: decode(line))


def test_a_long_line_that_is_no_event_is_quoted_in_short() -> None:
    assert len(refusal(lambda: decode(json.dumps(["x" * 10_000])))) < 100


@given(st.lists(numbers | nans, max_size=20))
def test_packed_weights_keep_every_bit(bits: list[int]) -> None:
    weights = np.array(bits, np.uint32).view(np.float32)
    text = pack([weights[:3].reshape(1, -1), weights[3:]])
    assert json.loads(json.dumps(text)) == text
    assert unpack(text).view(np.uint32).tolist() == bits


@pytest.mark.parametrize("text", ["a", "not base64", "AAAA AAA"])
def test_what_is_not_packed_is_refused(text: str) -> None:
    refusal(lambda: unpack(text))
