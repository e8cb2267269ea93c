"""Many seeds of tiny scripts. The oracle is the script itself, edited and run without us."""

import json
import math
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from audited import contents, script

from repro.__main__ import main
from repro.experiment.errors import InputError
from repro.studies import interface
from repro.studies.script_seeds import ScriptSpread, numbers_in, seeds_needed, seeds_of_script
from repro.studies.seeds import student

SEEDED = """
import random, time
random.seed(7)
other = random.Random(90)
for epoch in range(2):
    print(f"epoch {epoch} accuracy: {random.random() + other.random() / 100}")
print("seconds", time.perf_counter())
"""


def spread(folder: Path, text: str, **how: object) -> ScriptSpread:
    path = script(folder / "project", text)
    before = contents(path.parent)
    found = seeds_of_script(path, **how)  # type: ignore[arg-type]
    assert contents(path.parent) == before
    return found


def plain(folder: Path, text: str) -> float:
    """The last number in the last line but one of what a script prints, without us."""
    path = script(folder / "plain", text)
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[1].split()[-1])


def test_each_value_is_that_of_the_script_with_its_seeds_edited(tmp_path: Path) -> None:
    found = spread(tmp_path, SEEDED, count=3)
    assert found.seeds == (7, 8, 9)
    (result,) = found.results
    assert result.name == "epoch # accuracy: #"
    edited = [SEEDED.replace("(7)", f"({7 + by})").replace("(90)", f"({90 + by})") for by in range(3)]
    assert result.values == tuple(plain(tmp_path, text) for text in edited)
    assert result.mean == statistics.mean(result.values)
    assert result.std == statistics.stdev(result.values)
    assert result.values[found.seeds.index(result.highest)] == max(result.values)
    assert found.dropped == ("seconds #",)
    assert (found.moved, found.repeats, found.effect) == (True, True, True)


def test_seeds_begin_where_it_is_asked_for_and_have_an_interval_from_five_on(tmp_path: Path) -> None:
    found = spread(tmp_path, SEEDED, count=5, first=100, metric=r"epoch 1 accuracy: (\S+)")
    assert found.seeds == (100, 101, 102, 103, 104)
    (result,) = found.results
    assert result.std is not None
    assert result.interval == student(4) * result.std / math.sqrt(5)
    assert str(found).splitlines()[2] == "epoch # accuracy"
    assert "choosing the seed of the best run is choosing by chance" in str(found)


def test_a_script_without_seeds_is_its_own_sample(tmp_path: Path) -> None:
    found = spread(tmp_path, "import random\nprint('loss', random.random())\n", count=4)
    assert not found.moved
    assert found.seeds == (1, 2, 3, 4)
    assert len(set(found.results[0].values)) == 4
    assert found.runs == 4
    assert str(found).startswith("train.py sets no seed: its own 4 runs are the sample.")


def test_a_seed_without_effect_is_said_first(tmp_path: Path) -> None:
    found = spread(tmp_path, "import random\nrandom.seed(1)\nprint('loss', 0.5)\n", count=3)
    assert not found.effect
    assert str(found).startswith("The seeds have no effect: train.py prints the same with 3 seeds, 1 to 3.")


def test_a_script_that_does_not_repeat_with_its_seeds_is_said(tmp_path: Path) -> None:
    text = "import os, random\nrandom.seed(1)\nprint('loss', random.random() + os.urandom(1)[0])\n"
    found = spread(tmp_path, text, count=3)
    assert not found.repeats
    assert len(found.results) == 1
    assert "does not repeat" in str(found).splitlines()[1]


def test_a_seed_with_which_the_script_fails_takes_the_others_nothing(tmp_path: Path) -> None:
    text = "import random\nrandom.seed(1)\nvalue = random.random()\nassert value < 0.9, 'far'\nprint('loss', value)\n"
    found = spread(tmp_path, text, count=3)  # Random(2).random() is 0.956
    assert found.seeds == (1, 3)
    assert found.failed[0][0] == 2
    assert "AssertionError: far" in str(found)


def test_two_scripts_are_paired_by_seed(tmp_path: Path) -> None:
    text = "import random\nrandom.seed(5)\nprint('accuracy:', random.random(){})\n"
    other = script(tmp_path / "project", text.format(" - 0.25"), "other.py")
    found = spread(tmp_path, text.format(""), count=5, against=str(other))
    (one,) = found.differences
    assert one.mean == pytest.approx(0.25, abs=1e-12)  # the seeds cancel each other
    assert one.more
    assert "That is more than a change of seed explains." in str(found)


def test_a_difference_that_a_seed_explains_says_how_many_would_show_it(tmp_path: Path) -> None:
    text = "import random\nrandom.seed({})\nprint('accuracy:', random.random())\n"
    other = script(
        tmp_path / "project", text.format("5 * 1").replace("random.random()", "random.random() ** 1.01"), "other.py"
    )
    found = spread(tmp_path, text.format("5").replace("random()", "gauss(0, 1)"), count=5, against=str(other))
    (one,) = found.differences
    assert one.more is False
    assert one.std is not None
    assert one.seeds_needed is not None
    n = one.seeds_needed
    assert student(n - 1) * one.std / math.sqrt(n) < abs(one.mean) <= student(n - 2) * one.std / math.sqrt(n - 1)


def test_how_many_seeds_are_needed() -> None:
    assert seeds_needed(0.0, 1.0) is None
    assert seeds_needed(100.0, 1.0) == 5
    assert seeds_needed(1e-6, 1.0) is None


def test_numbers_are_the_last_of_lines_of_one_shape() -> None:
    text = "epoch 1 loss: 0.5\repoch 2 loss: 0.25\nval_accuracy: 9.712e-1 (of 1)\nv2.0 run3\nnothing"
    assert numbers_in(text) == {"epoch # loss: #": 0.25, "val_accuracy: # (of #)": 1.0}


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"count": 0}, "count cannot be 0"),
        ({"metric": "("}, "is not a regular expression"),
        ({"metric": "nothing"}, "is in no line"),
        ({"metric": r"\d+\.\d+"}, "is found in lines of 2 shapes"),
        ({"metric": "accuracy"}, "which is no number"),
        ({"first": -3}, "would give -3"),
        ({"rerun": "same-process"}, "--rerun same-process cannot be given"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, how: dict[str, object], words: str) -> None:
    with pytest.raises(InputError) as told:
        spread(tmp_path, SEEDED, **how)
    assert words in str(told.value)


def test_a_script_that_prints_no_number(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no number stands in any line"):
        spread(tmp_path, "print('done')\n")


def test_the_command_and_python_give_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = script(tmp_path, "import random, sys\nrandom.seed(1)\nprint(sys.argv[1], random.random())\n")
    assert main(["seeds", "--script", str(path), "--count", "2", "--json", "loss"]) == 0
    told = json.loads(capsys.readouterr().out)
    found = interface.seeds(script=path, arguments=["loss"], count=2)
    assert told == json.loads(json.dumps(found.to_json()))
    assert told["seeds"] == [1, 2]
    assert told["results"][0]["name"] == "loss #"
    assert main(["seeds", "--script", str(path), "--count", "1", "--seed", "42", "loss"]) == 0
    assert "1 seed says too little" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--script", "x.py", "--epochs", "3"],
        ["--metric", "x"],
        ["--script", "nothing.py"],
        ["--against", "x.py"],
        ["x"],
    ],
)
def test_options_that_do_not_fit_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["seeds", *arguments])
    assert ended.value.code == 2
