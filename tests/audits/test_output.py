import pytest

from repro.audits.output import Difference, Differing, Times, difference

NOW = 1_764_000_000.0


def differs(a: str, b: str, *, ids: bool = False) -> Difference | None:
    return difference(a, b, own=(["/tmp/audit/0001/folder"], ["/tmp/audit/0002/folder"]), now=NOW, ids_are_drawn=ids)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("loss 0.5\n", "loss 0.5\n"),
        ("run 12345678-1234-4255-8caf-4136c566a962", "run 9b241101-e2bb-4255-8caf-4136c566a963"),
        (
            "fit: 100%|##| 50/50 [00:00<00:00, 5000.00it/s, loss=0.5]",
            "fit: 100%|##| 50/50 [00:01<00:00, 47.20it/s, loss=0.5]",
        ),
        ("saved in /tmp/audit/0001/folder/x.npy", "saved in /tmp/audit/0002/folder/x.npy"),
        (
            "\r\x1b[1m 1/63\x1b[0m \x1b[32m━\x1b[0m 1:02 1s/step - loss: 2.4"
            "\b\b\b\r63/63 ━━ 1s 3ms/step - loss: 0.5430\n",
            "\r63/63 ━━ 2s 14ms/step - loss: 0.5430\n",
        ),
        ("took 3.25 loss 0.5", "took 4.75 loss 0.5"),
        ("training time: 3.25", "training time: 14.75"),
        ("done in 3.2 s", "done in 3.3 s"),
        ("{'elapsed': 3.25, 'loss': 0.5}", "{'elapsed': 3.5, 'loss': 0.5}"),
        ("2026-11-25 13:26:06,123 INFO loss 0.5", "2026-11-25 13:26:07,001 INFO loss 0.5"),
        ("0:00:03.123456", "0:00:04.5"),
        ("run 1764000000.123", "run 1764000003.5"),
        ("run 1764000000123", "run 1764000001999"),
        ("<function f at 0x7f3a12345678>", "<function f at 0x7f3a12340000>"),
        ("run 3b241101-e2bb-4255-8caf-4136c566a962", "run 9b241101-e2bb-4255-8caf-4136c566a963"),
        ("E0000 00:00:1764.1 12 cuda.cc\nloss 1", "loss 1"),
        ("2026-11-25 13:26:06.123456: I tensorflow/core/x.cc:1] hello\nloss 1", "loss 1"),
        (" 10%|█ | 1/10 [00:01<00:09, 1.0it/s]\nloss 1", "loss 1"),
        ("1200 images/s", "1300 images/s"),
        ("pid 1234", "pid 99"),
        ("run_10-11-12-123456.log", "run_10-11-13-654321.log"),
        ("ETA 5m 3s, then 1h 2m 3s", "ETA 6m 4s, then 2h 3m 4s"),
        ("saved to /tmp/tmpab12cd3_/x.h5", "saved to /tmp/tmpzz12cd3_/x.h5"),
        ("working in /tmp/audit/0001/folder/exp_9e3keuaa", "working in /tmp/audit/0002/folder/exp_rk7x5hr6"),
        ("finished in 3350 microseconds", "finished in 4157 microseconds"),
        ("48,278,292 samples/s", "9,812,000 samples/s"),
        ("step |     9.93 ms | loss 0.5", "step |    10.01 ms | loss 0.5"),
        ("run_20261128_195742", "run_20261128_195745"),
        ("id 20261128195754472948", "id 20261128195754468894"),
        ("I1128 19:57:53.019123 14743 train.py:5] loss 0.5", "I1128 19:57:54.019123 14745 train.py:5] loss 0.5"),
        ("<_MainThread(MainThread, started 140416615992192)>", "<_MainThread(MainThread, started 140469038574464)>"),
    ],
)
def test_what_differs_between_any_two_runs_is_no_difference(a: str, b: str) -> None:
    assert differs(a, b) is None


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("loss 0.5", "loss 0.25"),
        ("loss 0.5 in 3 s", "loss 0.25 in 3 s"),
        ("took 3.25 loss 0.5", "took 3.25 loss 0.25"),
        ("123456789012", "123456789013"),
        ("[3 1 2]", "[1 2 3]"),
        ("one\ntwo", "one"),
        ("63/63 ━━ 1s 3ms/step - loss: 0.5430", "63/63 ━━ 1s 3ms/step - loss: 0.5431"),
        ("d41d8cd98f00b204e9800998ecf8427e", "e41d8cd98f00b204e9800998ecf8427e"),
        ("seed 1234", "seed 99"),
        ("took 15 steps", "took 16 steps"),
        ("runtime steps 4 epochs", "runtime steps 5 epochs"),
        ("| plain | 93.10%|", "| plain | 93.20%|"),
        (
            "fit: 100%|##| 50/50 [00:00<00:00, 5000.00it/s, loss=0.5]",
            "fit: 100%|##| 50/50 [00:00<00:00, 5000.00it/s, loss=0.6]",
        ),
        ("I1128 19:57:53.019123 14743 train.py:5] loss 0.5", "I1128 19:57:54.019123 14745 train.py:5] loss 0.6"),
    ],
)
def test_what_a_script_found_is(a: str, b: str) -> None:
    assert differs(a, b) is not None


def test_ids_are_masked_where_the_script_draws_from_the_system() -> None:
    assert differs("d41d8cd98f00b204e9800998ecf8427e", "e41d8cd98f00b204e9800998ecf8427e", ids=True) is None


def test_the_ids_of_a_runs_own_processes_are_no_result_unless_they_would_hide_one() -> None:
    def differing(a: str, b: str) -> Difference | None:
        return difference(a, b, own=([], []), processes=({12, 77}, {34, 78}), now=NOW, ids_are_drawn=False)

    assert differing("[12] worker 77: 0.5", "[34] worker 78: 0.5") is None
    assert differing("[12] 0.5", "[34] 0.6") is not None
    assert differing("12 of 500", "12 of 500") is None  # 12 is a process of A's alone


def test_the_first_line_that_differs_is_reported_as_it_was_printed() -> None:
    assert differs("a 1 s\nb 1\nc", "a 2 s\nb 2\nd") == Difference("b 1", "b 2")
    assert differs("a\nb", "a") == Difference("b", None)


def test_numbers_learned_to_be_times_are_none_of_the_result_and_others_stay() -> None:
    times = Times(learning=True)
    found = Differing()
    pair = {"own": ([], []), "now": NOW, "ids_are_drawn": False, "times": times, "differing": found}
    assert difference("loss 0.5 in 3.25", "loss 0.5 in 4.75", **pair) is None  # type: ignore[arg-type]
    assert found.shown == "loss 0.5 in 3.25"
    times.learning = False
    assert difference("loss 0.5 in 3.25", "loss 0.5 in 9.75", **pair) is None  # type: ignore[arg-type]
    assert difference("loss 0.25 in 3.25", "loss 0.5 in 9.75", **pair) is not None  # type: ignore[arg-type]
    times.learning = True
    assert difference("loss 0.25", "loss 0.5", **pair) is not None  # type: ignore[arg-type]
    assert difference("9e-05", "1.15e-04", **pair) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "part",
    ["1", "1 ", "1:", "1.", "1-", "a1", "a_", "1 day, ", "Mon ", "took ", "took\t", "time per ", "0x", "time="],
)
def test_long_lines_take_a_time_in_proportion_to_their_length(part: str) -> None:
    """A quadratic pattern would take minutes."""
    line = part * (200_000 // len(part)) + "time" + " " * 200_000
    assert differs(line, f"{line}x") is not None
