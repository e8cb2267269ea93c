"""What a change has made less of, from made-up traces."""

from traces import birth, draw, seed, site, steps, trace, training

from repro.audits.causes.fewer import Fewer, fewer
from repro.audits.observer.format import Draw

EACH = trace(*(draw(5, str(n)) for n in range(10)))
OTHER = trace(*(draw(5, str(n)) for n in range(20, 30)))


def test_ten_draws_of_one_value_are_fewer() -> None:
    same = trace(seed(5, 1), *(draw(6, "s") for _ in range(10)))
    assert fewer(EACH, OTHER, same, {("train.py", 6): 5, ("train.py", 5): 0}) == [Fewer("draws", site(5), 10, 1)]


def test_draws_of_which_some_are_equal_by_chance_are_not() -> None:
    few = trace(*(draw(5, str(n % 7)) for n in range(10)))
    assert fewer(EACH, OTHER, few, {}) == []
    coin, other = (trace(*(draw(5, str(n % 2)) for n in range(first, first + 8))) for first in (0, 1))
    assert fewer(coin, other, coin, {}) == []


def test_numbers_that_nobody_saw_are_taken_to_differ() -> None:
    unseen = trace(*(draw(5, "", source="tensorflow", seeded=False) for _ in range(4)))
    same = trace(*(draw(5, "seeds", source="tensorflow") for _ in range(4)))
    assert [one.now for one in fewer(unseen, unseen, same, {})] == [1]


def test_generators_that_were_made_with_entropy_and_are_made_with_one_seed() -> None:
    made = trace(*(birth(5) for _ in range(4)))
    same = trace(*(seed(5, 42, source="generators", level="own") for _ in range(4)))
    each = trace(*(seed(5, n, source="generators", level="own") for n in range(4)))
    assert fewer(made, made, same, {}) == [Fewer("generators", site(5), 4, 1)]
    assert fewer(made, made, each, {}) == []


def test_batches_that_come_again_in_each_epoch_and_a_loss_that_no_longer_falls() -> None:
    def trained(*batches: str, last: float = 1.0) -> object:
        made = steps(*((batch, str(n), str(n)) for n, batch in enumerate(batches)))
        values = [2.0] * (len(made) - 1) + [last]
        told = [type(one)(**{**one.__dict__, "value": value}) for one, value in zip(made, values, strict=True)]
        return trace(training(), *told)

    a, b = trained(*"abcdef"), trained(*"badcfe")
    again, stuck = trained(*"abcabc"), trained(*"abcdef", last=2.0)
    assert [(one.what, one.before, one.now) for one in fewer(a, b, again, {})] == [("batches", 6, 3)]  # type: ignore[arg-type]
    assert [one.what for one in fewer(a, b, stuck, {})] == ["loss"]  # type: ignore[arg-type]
    assert fewer(a, b, b, {}) == []  # type: ignore[arg-type]


def test_without_training_nothing_is_said_of_one() -> None:
    assert fewer(trace(), trace(), trace(), {}) == []
    assert isinstance(draw(1, ""), Draw)
