import datetime

import pytest

from repro.audits.comparison.moved import SHIFT, Clock, is_time

NOW = 1_796_080_265.0
CLOCKS = Clock([NOW, NOW + 7]), Clock([NOW + SHIFT, NOW + SHIFT + 7], SHIFT)


def rendered(form: str, seconds: float) -> str:
    return datetime.datetime.fromtimestamp(NOW + seconds).strftime(form)


@pytest.mark.parametrize(
    ("a", "moved"),
    [
        ("took 3.25 s", "took 3.25 s"),
        ("took 3.25 s", "took 3.253 s"),
        ("took 3.250000 s", "took 3.253250 s"),
        ("12,000 images/s", "11,988 images/s"),
        ("12 ms", "12 ms"),
        ("took 1.2e-05 s", "took 1.3e-05 s"),
        (f"{NOW:.3f}", f"{NOW + SHIFT:.3f}"),
        (f"{NOW * 1e3:.0f}", f"{(NOW + SHIFT) * 1e3:.0f}"),
        *(
            (rendered(form, 0), rendered(form, SHIFT))
            for form in ("%Y-%m-%d %H:%M:%S", "%c", "%d/%m/%y %I:%M %p", "%Y%m%d_%H%M%S")
        ),
        (rendered("%H-%M-%S: 0.00056 s", 0), rendered("%H-%M-%S: 0.000561 s", SHIFT)),
        (rendered("%H-%M-%S: 9.99e-05 s", 0), rendered("%H-%M-%S: 0.0001 s", SHIFT)),
        (rendered("%d.%m.%Y %H:%M:%S.123456", 0), rendered("%d.%m.%Y %H:%M:%S.123457", SHIFT)),
        (rendered("%H:%M:%S,123 loss 0.5", 0), rendered("%H:%M:%S,126 loss 0.5", SHIFT)),
        (rendered("run_%Y%m%d-%H%M%S/loss 0.5", 7), rendered("run_%Y%m%d-%H%M%S/loss 0.5", SHIFT + 7)),
    ],
)
def test_times_move_with_the_clock(a: str, moved: str) -> None:
    assert is_time(a, moved, CLOCKS, differed=True)


@pytest.mark.parametrize(
    ("a", "moved"),
    [
        ("pi is about 3.1368", "pi is about 3.1306"),
        ("pi is about 3.1368", "pi is about 3.1369 or so"),
        ("loss 0.5000", "loss 0.5100"),
        ("coin heads", "coin tails"),
        (rendered("%H-%M-%S: 0.00056", 0), rendered("%H-%M-%S: 0.00066", SHIFT)),
        ("took 1.2e-05 s", "took 1.5e-05 s"),
        ("seed 17", "seed 42"),
        ("took 3.250000 s", "took 3.250001 s"),
        ("a", None),
    ],
)
def test_results_jump(a: str, moved: str | None) -> None:
    assert not is_time(a, moved, CLOCKS, differed=True)


def test_what_two_runs_have_alike_can_be_a_time_of_the_day_alone() -> None:
    date = rendered("%Y-%m-%d", 0), rendered("%Y-%m-%d", SHIFT)
    assert is_time(*date, CLOCKS, differed=False)
    assert is_time(f"{NOW:.0f}", f"{NOW + SHIFT:.0f}", CLOCKS, differed=False)
    assert not is_time("sum 55.30", "sum 55.36", CLOCKS, differed=False)
