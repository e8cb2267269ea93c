from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from repro.audits.causes.search import TIMES_FOR_A_RACE, Outcome, Pins, search

PINS = ("python", "numpy", "generators", "tensorflow", "hash", "clock", "order", "arithmetic", "files")
sets = st.frozensets(st.sampled_from(PINS), min_size=1, max_size=4)


class Oracle:
    """A pair that repeats with every superset of one of some sets, and differs with all others."""

    def __init__(self, enough: list[Pins], breaks: Pins = frozenset()) -> None:
        self.sets, self.breaks = enough, breaks
        self.pairs = 0
        self.times: dict[Pins, int] = {}

    def is_enough(self, pins: Pins) -> bool:
        return any(known <= pins for known in self.sets)

    def __call__(self, pins: Pins, times: int) -> Outcome:
        self.pairs += 1
        self.times[pins] = times
        if pins & self.breaks:
            return Outcome.BROKEN
        return Outcome.REPEATS if self.is_enough(pins) else Outcome.DIFFERS


@given(st.lists(sets, min_size=1, max_size=4), st.lists(st.sampled_from(PINS), max_size=5))
def test_what_is_found_is_enough_and_nothing_of_it_can_be_left_out(enough: list[Pins], suspects: list[str]) -> None:
    oracle = Oracle(enough)
    found = search([suspects[:1], suspects], PINS, oracle).sufficient
    assert found is not None
    assert oracle.is_enough(found)
    assert not any(oracle.is_enough(found - {pin}) for pin in found)


@given(st.lists(sets, min_size=1, max_size=4), st.lists(st.sampled_from(PINS), max_size=5))
def test_no_set_is_tried_twice_and_no_answer_that_is_known_is_asked_for(
    enough: list[Pins], suspects: list[str]
) -> None:
    seen: list[tuple[Pins, Outcome]] = []
    oracle = Oracle(enough)

    def trial(pins: Pins, times: int) -> Outcome:
        assert pins
        assert not any(outcome is Outcome.REPEATS and known <= pins for known, outcome in seen)
        assert not any(outcome is Outcome.DIFFERS and pins <= known for known, outcome in seen)
        seen.append((pins, oracle(pins, times)))
        return seen[-1][1]

    search([suspects[:1], suspects], PINS, trial)


def test_one_right_suspect_takes_one_pair() -> None:
    oracle = Oracle([frozenset({"python"})])
    assert search([["python"], ["python", "system"]], PINS, oracle).sufficient == frozenset({"python"})
    assert oracle.pairs == 1


def test_two_right_suspects_take_three_pairs() -> None:
    oracle = Oracle([frozenset({"python", "numpy"})])
    assert search([["python"], ["python", "numpy"]], PINS, oracle).sufficient == frozenset({"python", "numpy"})
    assert oracle.pairs <= 3


def test_no_suspect_at_all_takes_few_pairs() -> None:
    for pin in PINS:
        oracle = Oracle([frozenset({pin})])
        assert search([], PINS, oracle).sufficient == frozenset({pin})
        assert oracle.pairs <= 8


def test_a_race_is_confirmed_and_a_seed_is_not() -> None:
    oracle = Oracle([frozenset({"order", "python"})])
    search([["python"], ["python", "order"]], PINS, oracle)
    assert oracle.times[frozenset({"python"})] == 1
    assert oracle.times[frozenset({"python", "order"})] == TIMES_FOR_A_RACE


def test_where_a_pair_may_repeat_by_luck_every_set_is_confirmed() -> None:
    oracle = Oracle([frozenset({"python"})])
    search([["python"]], PINS, oracle, times=TIMES_FOR_A_RACE)
    assert set(oracle.times.values()) == {TIMES_FOR_A_RACE}


def test_a_pair_that_no_pin_helps_is_said_to_differ_with_everything_pinned() -> None:
    found = search([["python"]], PINS, Oracle([]))
    assert found.sufficient is None
    assert found.everything is False
    assert found.could_not_be_tried == ()


def test_a_pin_that_breaks_the_script_is_left_out_and_named() -> None:
    oracle = Oracle([frozenset({"hash"})], breaks=frozenset({"arithmetic"}))
    found = search([], PINS, oracle)
    assert found.sufficient == frozenset({"hash"})
    assert found.could_not_be_tried == ("arithmetic",)


def test_where_every_pin_breaks_the_script_nothing_is_said() -> None:
    found = search([["python"]], PINS, Oracle([], breaks=frozenset(PINS)))
    assert found.sufficient is None
    assert found.everything is None


def test_no_set_is_enough_by_luck_of_the_draw() -> None:
    for size in (1, 2):
        for pins in combinations(PINS, size):
            assert search([pins[:1], pins], PINS, Oracle([frozenset(pins)])).sufficient == frozenset(pins)
