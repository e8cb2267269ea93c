"""JSON from strangers: read in pieces as Python's own parser reads it whole, and refused by counts."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repro.records import untrusted
from repro.records.untrusted import UntrustedError, parse

numbers = st.lists(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.just("nan"), max_size=40)


@given(numbers, st.sampled_from([",", ", "]), st.integers(1, 30), st.integers(0, 200))
def test_a_list_is_read_in_pieces_as_python_reads_it_whole(
    values: list[Any], comma: str, piece: int, place: int
) -> None:
    text = json.dumps(values, separators=(comma, ":"))
    place = place % len(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(untrusted, "BYTES_AT_ONCE", piece)
        for listed in (text, f"{text[:place]},{text[place:]}"):  # as it is, and with a comma too many
            data = f'{{"loss":{listed},"other":[0]}}'
            try:
                expected = json.loads(data)
            except ValueError:
                with pytest.raises(UntrustedError):
                    parse(data.encode(), ("loss",))
            else:
                if "," not in "".join(value for value in expected["loss"] if isinstance(value, str)):
                    assert parse(data.encode(), ("loss",)) == ({"loss": 0, "other": [0]}, [expected["loss"]])


@pytest.mark.parametrize(
    ("part", "most"),
    [("0,", untrusted.MAX_NUMBERS), ('"', untrusted.MAX_QUOTES), ("{", untrusted.MAX_BRACKETS)],
)
def test_what_has_too_many_parts_is_refused_by_counting(part: str, most: int) -> None:
    for count, words in ((most, "too large|not JSON"), (most + 1, "too many parts")):
        with pytest.raises(UntrustedError, match=words):
            parse(part.encode() * count, ("loss",))
