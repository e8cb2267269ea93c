"""The command line, as a person and as a program meet it."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from records import SMALL, TIMEOUT, history, refusal, wait_until

from repro import __main__ as command_line
from repro.commands import training as commands
from repro.commands.output import open_standard_streams, say
from repro.engine import processes
from repro.engine.launcher import Launcher
from repro.engine.processes import CAN_FORK, ROOT
from repro.engine.run import Run
from repro.experiment.settings import SETTINGS
from repro.history.events import decode, float32
from repro.history.history import Epoch, History
from repro.script.script import script
from repro.studies import interface
from repro.verdicts.report import digits

OPTIONS = [f"--{name.replace('_', '-')}" for name in SETTINGS]
QUICK = ["--images", "650", "--epochs", "2"]  # SMALL
FIELDS = {
    "started": {"experiment", "environment"},
    "initialized": {"initial_weights"},
    "steps": {"first", "loss", "accuracy", "batch", "weights"},
    "epoch": {"epoch", "loss", "accuracy", "test_loss", "test_accuracy", "epoch_weights"},
    "finished": {"batch_order", "final_weights", "predictions", "training_seconds"},
}
Main = Callable[..., tuple[int, str, str]]


def python_m_repro(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "repro", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT
    )


@pytest.fixture
def main(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Main:
    """The command line in this process: its exit status, standard output and standard error."""

    def run(*arguments: str, launcher: Launcher | None = None) -> tuple[int, str, str]:
        if launcher is not None:
            for module in (commands, interface):
                monkeypatch.setattr(module, "Launcher", lambda **_: contextlib.nullcontext(launcher))
        try:
            status = command_line.main(arguments)
        except SystemExit as end:
            status = int(str(end.code))
        return status, *capsys.readouterr()

    return run


# Training and comparing, as a person meets them.


def test_train_prints_every_epoch_to_the_last_digit_and_the_digests(seeded: History) -> None:
    done = python_m_repro("train", *QUICK)
    assert done.returncode == 0
    first, second, empty, *digests = done.stdout.splitlines()
    assert empty == ""
    for number, (line, epoch) in enumerate(zip((first, second), seeded.epochs, strict=True), start=1):
        assert line.startswith(f"Epoch {number} of 2 ")
        words = line.replace("test ", "test_").split()[4:]
        figures = dict(zip(words[::2], words[1::2], strict=True))
        assert {name: float32(text) for name, text in figures.items()} == {
            name: getattr(epoch, name) for name in ("loss", "accuracy", "test_loss", "test_accuracy")
        }
    assert [line.split() for line in digests] == [
        ["initial", "weights", seeded.initial_weights],
        ["batch", "order", seeded.batch_order],
        ["final", "weights", seeded.final_weights],
        ["shuffling", "2", "epochs,", "2", "orders"],
    ]
    assert "Traceback" not in done.stderr


def test_compare_says_identical_and_ends_with_0(seeded: History) -> None:
    done = python_m_repro("compare", *QUICK)
    assert done.returncode == 0
    assert "Identical: bit for bit, 42 of 42 steps, same final weights" in done.stdout.splitlines()
    assert str(seeded.final_weights) in done.stdout
    assert "Traceback" not in done.stderr


def test_compare_names_what_was_forgotten_and_ends_with_1(main: Main, launcher: Launcher) -> None:
    status, printed, complaints = main("compare", *QUICK, "--steps", "tensorflow,initializers", launcher=launcher)
    assert status == 1
    assert complaints == ""
    lines = printed.splitlines()
    assert "Diverged at step 0: the batch order differs" in lines
    assert "Switch on np.random.seed(42)." in lines
    assert sum("batch order" in line and line.startswith("Run ") for line in lines) == 2
    assert sum("initial weights" in line and line.startswith("Run ") for line in lines) == 1


def test_compare_with_a_twist_says_what_run_b_did(main: Main, launcher: Launcher) -> None:
    status, printed, _ = main("compare", *QUICK, "--twist", "seed", launcher=launcher)
    assert status == 1
    assert "run B: another seed" in printed
    assert "Give both runs the same seed." in printed
    assert "Distance between their weights, by epoch: " in printed


def test_compare_with_a_twist_trains_a_control_and_names_the_weight_that_moved(main: Main, launcher: Launcher) -> None:
    status, printed, _ = main("compare", *QUICK, "--twist", "one-bit", launcher=launcher)
    assert status == 1
    assert "Control run: an unmodified repeat of run A was bitwise identical." in printed
    assert "The weights first differ at step 0, the loss at step " in printed
    assert "Changed in run B: the weight from the pixel in row 14" in printed
    assert "1 bit, 1 unit in the last place" in printed


class FailingControl:
    """A launcher whose runs all end alike, but for the control run, the last of three, which fails."""

    def start_together(self, processes: Sequence[Sequence[Run]]) -> None:
        *pair, (control,) = processes
        for run in (run for runs in pair for run in runs):
            half = np.float32(0.5)
            epochs = [Epoch(number, half, half, half, half) for number in (1, 2)]
            run.history = history(run.history.experiment, epochs=epochs)
            run.over.set()
        control.fail("No more memory.")
        control.over.set()


@pytest.mark.parametrize("extra", [[], ["--json"]])
def test_a_control_run_that_failed_takes_no_verdict_away(main: Main, extra: list[str]) -> None:
    status, printed, complaints = main("compare", *QUICK, "--twist", "threads:4", *extra, launcher=FailingControl())
    assert status == 0
    assert printed.startswith('{"identical": true' if extra else "tensorflow, seed 42")
    assert ("Identical: bit for bit, 42 of 42 steps" in printed) == (not extra)
    first, *rest = complaints.splitlines()
    assert first == "python -m repro: the control run failed: No more memory."
    failed = "Control run: the comparison with an unmodified repeat of run A failed before a step could be compared."
    assert rest == ([f"python -m repro: {failed}"] if extra else [])


# The same for programs.


def test_train_json_prints_the_events_and_nothing_else(main: Main, launcher: Launcher, seeded: History) -> None:
    status, printed, complaints = main("train", *QUICK, "--json", launcher=launcher)
    assert (status, complaints) == (0, "")
    events = [decode(line) for line in printed.splitlines()]
    assert {event["event"] for event in events} == set(FIELDS)
    for event in events:
        assert set(event) == FIELDS[event["event"]] | {"event"}
    history = History(SMALL)
    for event in events:
        history.add(event)
    assert events[0]["experiment"] == SMALL.to_json()
    assert history.loss.tobytes() == seeded.loss.tobytes()
    assert history.accuracy.tobytes() == seeded.accuracy.tobytes()
    assert history.weights.tolist() == seeded.weights.tolist()
    assert history.epochs == seeded.epochs
    assert history.final_weights == seeded.final_weights


def comparison(printed: str) -> Any:
    (line,) = printed.splitlines()
    compared = json.loads(line)
    assert list(compared) == [
        "identical",
        "first_difference",
        "first_loss_difference",
        "largest_loss_difference",
        "test_disagreements",
        "a",
        "b",
    ]
    for run in "ab":
        names = ["initial_weights", "batch_order", "final_weights", "test_accuracy", "distinct_orders"]
        assert list(compared[run]) == names
    return compared


def test_compare_json_of_identical_runs(main: Main, launcher: Launcher, seeded: History) -> None:
    status, printed, complaints = main("compare", *QUICK, "--json", launcher=launcher)
    assert (status, complaints) == (0, "")
    run = {
        "initial_weights": seeded.initial_weights,
        "batch_order": seeded.batch_order,
        "final_weights": seeded.final_weights,
        "test_accuracy": float(digits(seeded.epochs[-1].test_accuracy)),
        "distinct_orders": 2,
    }
    assert comparison(printed) == {
        "identical": True,
        "first_difference": None,
        "first_loss_difference": None,
        "largest_loss_difference": 0.0,
        "test_disagreements": 0,
        "a": run,
        "b": run,
    }


def test_compare_json_of_runs_that_differ(main: Main, launcher: Launcher) -> None:
    status, printed, _ = main("compare", *QUICK, "--steps", "tensorflow,initializers", "--json", launcher=launcher)
    assert status == 1
    compared = comparison(printed)
    assert compared["identical"] is False
    assert compared["first_difference"] == {"step": 0, "quantity": "batch"}
    assert compared["first_loss_difference"] == 0
    assert compared["largest_loss_difference"] > 0
    assert compared["test_disagreements"] > 0
    differing = {name for name in compared["a"] if compared["a"][name] != compared["b"][name]}
    assert {"batch_order", "final_weights"} <= differing <= {"batch_order", "final_weights", "test_accuracy"}


# What goes wrong.


@pytest.mark.parametrize("command", ["train", "compare"])
@pytest.mark.parametrize("json_too", [[], ["--json"]], ids=["text", "json"])
def test_a_failed_run_ends_with_3(
    main: Main, monkeypatch: pytest.MonkeyPatch, command: str, json_too: list[str]
) -> None:
    monkeypatch.setattr(processes, "WORKER", [sys.executable, "-c", "pass"])
    status, printed, complaints = main(command, *json_too)
    assert status == 3
    if command == "train" and json_too:
        assert decode(printed)["event"] == "failed"
        assert complaints == ""
    else:
        assert printed == ""
        assert complaints.splitlines()
        assert all(line.startswith("python -m repro: ") and " failed: " in line for line in complaints.splitlines())


def started(*arguments: str) -> subprocess.Popen[str]:
    """A training that has printed its first event and continues for long."""
    process = subprocess.Popen(
        [sys.executable, "-m", "repro", "train", "--epochs", "100", "--json", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background may have them ignore interrupts, which a child inherits.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    assert decode(process.stdout.readline())["event"] == "started"
    return process


def test_an_interrupt_stops_in_one_line() -> None:
    with started() as process:
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 130
    assert complaints.strip() == "Stopped."


def test_a_reader_that_is_gone_ends_the_training_quietly() -> None:
    with started() as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        complaints = process.stderr.read()
    assert "Traceback" not in complaints


BAD = {
    "program": ["pytorch", "", "TENSORFLOW"],
    "seed": ["-1", "4294967296", "1e3", "٣", "", " 7", "1_000", "7.0", "nan", "two\nlines"],
    "steps": ["", "nunpy", "numpy,", "all,numpy"],
    "epochs": ["0", "101", "three"],
    "batch_size": ["0", "60001"],
    "images": ["0", "60001"],
    "hidden": ["0", "1025"],
    "learning_rate": ["nan", "inf", "0", "-1", ""],
    "dropout": ["1", "-0.1", "nan"],
    "twist": ["", "sed", "none,seed", "seed:4294967296", "threads:257", "xla:1"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BAD.items() for text in texts])
def test_bad_values_end_with_2_and_one_line(main: Main, name: str, text: str) -> None:
    option = f"--{name.replace('_', '-')}"
    status, printed, complaints = main("compare", option, text)
    assert (status, printed) == (2, "")
    (line,) = complaints.splitlines()
    assert line.startswith(f"python -m repro compare: argument {option}: {name.replace('_', ' ')} cannot be {text!r}: ")
    if name in SETTINGS:
        assert line.endswith(refusal(lambda: SETTINGS[name].read(text)))


@pytest.mark.parametrize("name", SETTINGS)
def test_ten_thousand_digits_end_with_2_and_one_short_line(main: Main, name: str) -> None:
    status, printed, complaints = main("train", f"--{name.replace('_', '-')}", "9" * 10_000)
    assert (status, printed) == (2, "")
    assert complaints.count("\n") == 1
    assert len(complaints) < 250


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["dance"], "'dance'"),
        (["train", "--sed", "7"], "--sed"),
        (["train", "--see", "7"], "--see"),
        (["train", "--seed"], "--seed"),
        (["train", "--learning-rate", "-1e3"], "--learning-rate"),
        (["train", "--twist", "seed"], "--twist"),
        (["train", "seven"], "seven"),
        (["train", "--images", "31"], "batch size cannot be 32: there are only 31 images"),
        (["train", "--batch-size", "1", "--epochs", "17"], "epochs cannot be 17: "),
        (["compare", "--twist", "seed", "--seed", "4294967295"], "twist cannot be 'seed': "),
        pytest.param(
            ["train", "two\nlines"],
            "unrecognized",
            id="two lines",
        ),
    ],
)
def test_bad_usage_ends_with_2_and_one_line(main: Main, arguments: list[str], words: str) -> None:
    status, printed, complaints = main(*arguments)
    assert (status, printed) == (2, "")
    (line,) = complaints.splitlines()
    assert line.startswith("python -m repro")
    assert words in line


def test_without_a_command_it_prints_its_help(main: Main) -> None:
    assert main() == main("--help")
    assert main()[:1] == (0,)
    assert "examples:" in main()[1]


@pytest.mark.parametrize(
    "arguments", [["train", "--seed", "-1"], ["compare", "--seed", "4294967295", "--twist", "seed"]]
)
def test_bad_input_of_the_real_command(arguments: list[str]) -> None:
    done = python_m_repro(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("python -m repro")
    assert arguments[2] in line


@pytest.mark.parametrize(("command", "options"), [("train", []), ("compare", ["--twist"])])
def test_help_names_every_option_with_what_it_takes_and_its_default(
    main: Main, command: str, options: list[str]
) -> None:
    status, printed, complaints = main(command, "--help")
    assert (status, complaints) == (0, "")
    words = " ".join(printed.split())
    for option in (*OPTIONS, *options, "--json"):
        assert f" {option} " in words
    for setting in SETTINGS.values():
        assert setting.kind.allowed in words
        assert f"(default {setting.text(setting.default)})" in words
    assert "Exit status: " in words


def test_help_names_every_command(main: Main) -> None:
    status, printed, _ = main("--help")
    assert status == 0
    for command in ("train", "compare"):
        assert f"\n    {command} " in printed


STUDY = ["--images", "64", "--epochs", "1"]


@pytest.mark.usefixtures("made_up_programs")
def test_matrix_prints_the_sentence_and_a_row_for_each_combination(main: Main) -> None:
    status, printed, complaints = main("matrix", *STUDY)
    assert (status, complaints) == (0, "")
    title, sentence, _, header, *rows = printed.splitlines()
    assert title == "tensorflow, new-process, seed 42"
    assert sentence.startswith("Batches repeat with ")
    assert len(rows) == 16
    assert len({len(header) - len(row) for row in rows if row.endswith("differs")}) == 1  # the columns are aligned


@pytest.mark.usefixtures("made_up_programs")
def test_matrix_says_that_it_takes_no_steps_and_what_it_does_not_decide(main: Main) -> None:
    few = ["--images", "2", "--batch-size", "2", "--epochs", "1"]
    status, printed, complaints = main("matrix", *few, "--steps", "none", "--json")
    assert status == 0
    first, *doubts = complaints.splitlines()
    assert first == "python -m repro: --steps is not used: matrix trains all 16 combinations"
    if json.loads(printed)["sufficient"] is None:
        assert "the whole training repeat is not decided: with 2 images" in doubts[0]


@pytest.mark.usefixtures("made_up_programs")
def test_matrix_json_has_what_the_contract_lists(main: Main) -> None:
    status, printed, _ = main("matrix", "--rerun", "same-process", "--json", *STUDY)
    value = json.loads(printed)
    assert status == 0
    assert set(value) == {"program", "rerun", "steps", "cells", "sufficient"}
    assert (value["program"], value["rerun"]) == ("tensorflow", "same-process")
    assert len(value["cells"]) == 16
    assert all(set(cell) == {"on", "initial_weights", "batch_order", "final_weights"} for cell in value["cells"])
    same = [set(cell["on"]) for cell in value["cells"] if cell["final_weights"]]
    assert {frozenset(steps) for steps in value["sufficient"]} == {
        frozenset(steps) for steps in same if not any(other < steps for other in same)
    }


@pytest.mark.usefixtures("made_up_programs")
def test_seeds_json_has_what_the_contract_lists(main: Main) -> None:
    status, printed, _ = main("seeds", "--count", "2", "--seed", "4294967294", "--json", *STUDY)
    value = json.loads(printed)
    assert status == 0
    assert set(value) == {"seeds", "test_accuracy", "mean", "std"}
    assert value["seeds"] == [4294967294, 4294967295]
    a, b = value["test_accuracy"]
    assert value["mean"] == pytest.approx((a + b) / 2)
    assert value["std"] == pytest.approx(abs(a - b) / 2**0.5)


@pytest.mark.usefixtures("made_up_programs")
def test_seeds_prints_each_seed_and_what_the_spread_means(main: Main) -> None:
    status, printed, _ = main("seeds", "--count", "5", *STUDY)
    assert status == 0
    assert printed.splitlines()[1].startswith("seed 42 ")
    assert "A change of seed alone moved the test accuracy" in printed


@pytest.mark.parametrize(
    ("arguments", "quoted"),
    [
        (["seeds", "--count", "0"], "count cannot be '0'"),
        (["seeds", "--count", "1001"], "count cannot be '1001'"),
        (["seeds", "--count", "2", "--seed", "4294967295"], "count cannot be 2: from seed 4294967295 on"),
        (["matrix", "--repeats", "1"], "repeats cannot be '1'"),
        (["matrix", "--rerun", "again"], "rerun cannot be 'again'"),
        (["matrix", "--program", "pytorch"], "program cannot be 'pytorch'"),
    ],
)
def test_bad_input_of_the_studies_ends_with_2_and_one_line(main: Main, arguments: list[str], quoted: str) -> None:
    status, printed, complaints = main(*arguments)
    assert (status, printed) == (2, "")
    (line,) = complaints.splitlines()
    assert quoted in line


@pytest.mark.parametrize("command", ["matrix", "seeds"])
def test_a_failed_run_of_a_study_ends_with_3(main: Main, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setattr(processes, "WORKER", [sys.executable, "-c", "pass"])
    status, printed, complaints = main(command)
    assert (status, printed) == (3, "")
    assert complaints.startswith("python -m repro: a run failed: ")


# Taking it home.


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no full device to write to")
def test_an_output_that_cannot_be_written_ends_with_3_and_one_line() -> None:
    command = [sys.executable, "-m", "repro", "script"]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (
        3,
        "python -m repro: standard output cannot be written: No space left on device\n",
    )


def test_script_prints_the_script(main: Main) -> None:
    assert main("script", *QUICK, "--twist", "xla") == (0, script(SMALL, "xla"), "")
    status, printed, complaints = main("script", "--twist", "seed:42")
    assert (status, printed) == (2, "")
    assert "run A has this seed too" in complaints
    status, printed, _ = main("script", *QUICK, "--twist", "xla", "--json")
    assert status == 0
    assert json.loads(printed) == {"experiment": SMALL.to_json(), "twist": "xla", "script": script(SMALL, "xla")}


@pytest.mark.usefixtures("made_up_programs")
def test_a_record_is_saved_shown_and_verified(main: Main, tmp_path: Path) -> None:
    file = str(tmp_path / "record.json")
    status, compared, _ = main("compare", *QUICK, "--twist", "one-bit", "--record", file)
    assert status == 1
    status, shown, _ = main("show", file)
    assert status == 1
    assert shown.splitlines() == [line for line in compared.splitlines() if not line.startswith("Distance")]
    status, verified, _ = main("verify", file)
    assert status == 0
    assert verified.splitlines()[1:] == [
        "Same as the record",
        "Run A is bitwise identical to the record's, 42 steps.",
        "Run B is bitwise identical to the record's, 42 steps.",
    ]
    status, answer, _ = main("verify", file, "--json")
    assert status == 0
    assert json.loads(answer)["identical"] is True
    assert json.loads(main("show", file, "--json")[1])["first_difference"] == {"step": 0, "quantity": "initial_weights"}


@pytest.mark.parametrize("command", ["show", "verify"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        (b"\xff", "not JSON"),
        (b"[" * 99_999, "holds more than a record"),
        (b"{}", "not a record"),
    ],
    ids=["missing", "binary", "deep", "empty"],
)
def test_what_is_no_record_ends_with_2_and_one_line(
    main: Main, tmp_path: Path, command: str, content: bytes | None, words: str
) -> None:
    file = tmp_path / "record.json"
    if content is not None:
        file.write_bytes(content)
    status, printed, complaints = main(command, str(file))
    assert (status, printed) == (2, "")
    (line,) = complaints.splitlines()
    assert words in line


def test_a_record_that_cannot_be_written_is_refused_before_anything_is_trained(main: Main) -> None:
    status, printed, complaints = main("compare", *QUICK, "--record", "/nowhere/record.json")
    assert (status, printed) == (2, "")
    assert complaints.endswith("the record '/nowhere/record.json' cannot be written: No such file or directory\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no full device to write to")
@pytest.mark.usefixtures("made_up_programs")
def test_a_record_that_finds_no_space_takes_no_verdict_away(main: Main) -> None:
    status, printed, complaints = main("compare", *QUICK, "--record", "/dev/full")
    assert status == 0
    assert "Identical" in printed
    assert complaints == "python -m repro: the record '/dev/full' cannot be written: No space left on device\n"


def test_a_pair_that_fails_leaves_the_file_of_a_record_as_it_was(
    main: Main, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(processes, "WORKER", [sys.executable, "-c", "pass"])
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text("kept")
    for file in (old, new):
        assert main("compare", *QUICK, "--record", str(file))[0] == 3
    assert old.read_text() == "kept"
    assert not new.exists()


def test_a_bug_is_no_verdict(main: Main, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("repro.commands.training.script_of", lambda *_: 1 // 0)
    status, printed, complaints = main("script")
    assert (status, printed) == (70, "")
    assert "Traceback" in complaints
    assert "ZeroDivisionError" in complaints


def test_a_bug_in_what_reads_a_run_is_no_verdict_either(
    main: Main, monkeypatch: pytest.MonkeyPatch, launcher: Launcher
) -> None:
    monkeypatch.setattr("repro.engine.run.decode", lambda _: 1 // 0)
    status, printed, complaints = main("compare", *QUICK, launcher=launcher)
    assert (status, printed) == (70, "")
    assert "ZeroDivisionError" in complaints


def test_a_terminal_that_lacks_a_character_shows_its_escape(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    open_standard_streams()
    say("0.97 ± 0.01")
    assert written.getvalue() == b"0.97 \\xb1 0.01\n"


@pytest.mark.parametrize("command", ["script", "compare"])
def test_a_closed_standard_output_takes_no_verdict_away(command: str) -> None:
    line = f"exec {sys.executable} -m repro {command} {' '.join(QUICK)} >&-"
    ended = subprocess.run(["sh", "-c", line], cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.skipif(not CAN_FORK, reason="reads /proc")
@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.1, 0.3, 1.0])
def test_an_interrupt_at_the_start_prints_no_traceback(seconds: float) -> None:
    """`seconds` after the first modules of ours are loaded: before that, the interrupt may come while Python starts,
    which prints a traceback itself."""
    command = [sys.executable, "-m", "repro", "compare", *QUICK, "--twist", "onednn-off"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        wait_until(lambda: "numpy" in Path(f"/proc/{process.pid}/maps").read_text())
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        _, complaints = process.communicate(timeout=TIMEOUT)
    assert process.returncode in (130, -signal.SIGINT)
    assert complaints.strip() in ("", "Stopped.")
