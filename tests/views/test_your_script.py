"""The tab "Your script" without a browser, and without running a script: what an audit finds is made up."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from repro.audits import background
from repro.audits.comparison.seen import Drawn, Trial
from repro.audits.gallery.offered import VARIABLE, Offered
from repro.audits.gallery.table import GALLERY
from repro.audits.report.facts import Advice, Enters, FirstDifference, Seeding, Unseeded
from repro.audits.report.result import Result
from repro.audits.runs.pairs import Progress, StoppedError
from repro.engine.processes import ROOT
from repro.experiment.errors import RunFailedError
from repro.records import audits
from repro.views.your_script import line_to_change

TIMEOUT = 20.0
SCRIPT = "own_generator"
ENTERS = Enters(file=f"{SCRIPT}.py", line=8, code="rows = …", name="rows", a="[1, 2]", b="[2, 1]")
DIFFERS = Result(
    script=f"{SCRIPT}.py",
    arguments=(),
    rerun="new-process",
    repeats=False,
    first_difference=FirstDifference(
        quantity="draw", source="generators", file=f"{SCRIPT}.py", line=19, code="rng = np.random.default_rng()"
    ),
    unseeded=(Unseeded(source="generators", file=f"{SCRIPT}.py", line=19, code="rng = …", draws=1, matters=True),),
    seeding=(
        Seeding(file=f"{SCRIPT}.py", line=6, code="set_random_seed", sets=("python", "numpy", "tensorflow"), value=123),
    ),
    sufficient=(("generators",),),
    seed_has_effect=None,
    steps=(3, 3),
    final_weights=("a", "b"),
    seconds=12.0,
    seen={"draws": {"generators": 1, "python": 4}, "hooks": [], "versions": {}},
    not_seen=("numbers that other libraries draw",),
    advice=(
        Advice(
            source="generators",
            code="np.random.default_rng(42)",
            where="in line 19",
            words="Give the generator a seed in line 19, as in `np.random.default_rng(42)`.",
        ),
    ),
    losses=((2.0, 1.5, 1.25), (2.0, 1.5, 1.375)),
    outputs=("epoch 1\nloss 1.25\n", "epoch 1\nloss 1.375\n"),
    drawn=(
        Drawn(
            source="python",
            file=f"{SCRIPT}.py",
            line=24,
            draws=4,
            seeded=True,
            by_file=f"{SCRIPT}.py",
            by_line=6,
        ),
    ),
    trials=(
        Trial(pins=(), everything=False, outcome="differs"),
        Trial(pins=("generators",), everything=False, outcome="repeats"),
    ),
)
REPEATS = replace(
    DIFFERS,
    repeats=True,
    first_difference=None,
    unseeded=(),
    sufficient=None,
    advice=(),
    trials=(Trial(pins=(), everything=False, outcome="repeats"),),
)


class MadeUp:
    """An audit that runs nothing: it ends when the test lets it, with what the test wants."""

    def __init__(self) -> None:
        self.runs = (("A", 2, 5), ("B", 1, 4))
        self.imported: frozenset[str] = frozenset({"tensorflow", "keras"})
        self.arguments: tuple[str, ...] = ()
        self.outcome: Result | Exception = DIFFERS
        self.go = threading.Event()
        self.trials: tuple[Trial, ...] = ()
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __call__(
        self,
        script: Path,
        arguments: tuple[str, ...],
        *,
        progress: Callable[[Progress], None],
        stop: threading.Event,
        **options: Any,
    ) -> Result:
        self.asked.append((Path(script).read_text(encoding="utf-8"), options))
        self.arguments = arguments
        progress(Progress("the script as it is, twice", self.runs, 1.0, ((), ()), self.trials, self.imported))
        while not self.go.wait(0.02):
            if stop.is_set():
                raise StoppedError("The audit was stopped.")
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[MadeUp]:
    audit = MadeUp()
    monkeypatch.setattr(background, "audit", audit)
    yield audit
    audit.go.set()


def opened(script: str = SCRIPT) -> AppTest:
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    page.query_params.update({"tab": "Your script"} | ({"script": script} if script else {}))
    page.run()
    assert not page.exception
    return page


def press(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label == label and not button.disabled).click().run()
    assert not page.exception


def ended(page: AppTest) -> None:
    going_on = page.session_state["visit"]
    for one in (going_on.audit, going_on.proof):
        assert one is None or one.join(TIMEOUT)
    page.run()
    assert not page.exception


def texts(page: AppTest) -> str:
    boxes = [*page.success, *page.warning, *page.info, *page.error, *page.markdown, *page.caption, *page.code]
    return "\n".join([*(str(box.value) for box in boxes), *(str(html.proto.body) for html in page.get("html"))])


def test_a_link_opens_the_tab_on_a_script_with_its_story_and_source() -> None:
    page = opened("class_names")
    select = page.selectbox(key="script")
    assert select.label == "Script"
    assert select.value == "class_names"
    shown = texts(page)
    assert GALLERY["class_names"].story in shown
    assert GALLERY["class_names"].link in shown
    assert "enumerate" in shown
    assert {"Audit", "Stop"} <= {button.label for button in page.button}


def test_all_of_the_gallery_is_offered_by_title() -> None:
    options = opened().selectbox(key="script").options
    assert options == [exhibit.title for exhibit in GALLERY.values()]


def test_an_audit_shows_what_it_does_and_then_its_verdict(made_up: MadeUp) -> None:
    page = opened()
    press(page, "Audit")
    page.run()
    assert any("the script as it is" in info.value.replace("\\", "") for info in page.info)
    assert next(button for button in page.button if button.label == "Audit").disabled
    made_up.go.set()
    ended(page)
    (box,) = page.warning
    assert box.value.startswith("**Does not repeat")
    shown = texts(page)
    assert "seeds python, numpy, tensorflow" in shown
    assert "4 draws of python, seeded by line 6" in shown
    assert "= same" in shown
    assert "≠ differs" in shown
    assert "np.random.default_rng(42)" in box.value
    assert "rng = np.random.default_rng(123)" in [code.value for code in page.code]
    assert 'class="differing"' in shown
    assert not next(button for button in page.button if button.label == "Audit").disabled


def test_while_a_library_is_imported_the_page_says_so(made_up: MadeUp) -> None:
    page = opened()
    made_up.runs, made_up.imported = (("A", 0, 0), ("B", 0, 0)), frozenset({"python"})
    press(page, "Audit")
    page.run()
    assert "Importing Keras, which takes some seconds" in texts(page)
    assert "0 steps" not in texts(page)
    press(page, "Stop")
    ended(page)
    made_up.imported = frozenset({"python", "tensorflow", "keras"})
    press(page, "Audit")
    page.run()
    assert "run A: 0 steps, 0 draws" in texts(page).replace("\\", "")
    assert "Importing" not in texts(page)


def test_the_line_that_the_remedy_speaks_of_is_the_current_one(made_up: MadeUp) -> None:
    made_up.go.set()
    page = opened()
    press(page, "Audit")
    ended(page)
    (current,) = re.findall(r'aria-current="true".*?class="number">(\d+)<', texts(page), re.DOTALL)
    assert f"in place of line {current}:" in texts(page)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, 19),
        ({"advice": ()}, 21),
        ({"advice": (), "enters": ENTERS}, 8),
        ({"enters": ENTERS}, 19),
        ({"first_difference": None, "advice": ()}, None),
        ({"unseeded": (replace(DIFFERS.unseeded[0], file="other.py"),)}, 21),
        ({"repeats": True}, None),
        ({"seeding": (replace(DIFFERS.seeding[0], sets=("generators",), too_late=True),)}, 6),
    ],
)
def test_the_line_to_change_is_where_the_source_to_mend_drew(changes: dict[str, Any], line: int | None) -> None:
    assert DIFFERS.first_difference is not None
    result = replace(DIFFERS, **{"first_difference": replace(DIFFERS.first_difference, line=21)} | changes)
    assert line_to_change(result, Offered("mine.py", "mine.py", Path("mine.py"))) == line


def test_a_pair_that_differs_is_reported_before_its_cause_is_known(made_up: MadeUp) -> None:
    page = opened()
    made_up.trials = DIFFERS.trials[:1]
    press(page, "Audit")
    page.run()
    assert [box.value.startswith("**Does not repeat.** Looking for the cause") for box in page.warning] == [True]
    made_up.go.set()
    ended(page)
    made_up.go.clear()
    made_up.trials = REPEATS.trials
    press(page, "Audit")
    page.run()
    assert not page.warning
    assert [box.value.startswith("**The two runs are the same") for box in page.info] == [True]


def test_a_script_that_repeats_is_said_to(made_up: MadeUp) -> None:
    made_up.outcome = REPEATS
    made_up.go.set()
    page = opened()
    press(page, "Audit")
    ended(page)
    (box,) = page.success
    assert box.value.startswith("**Repeats")
    assert "Prove it" not in {button.label for button in page.button}


def test_seeds_without_effect_are_no_success(made_up: MadeUp) -> None:
    made_up.outcome = replace(REPEATS, seed_has_effect=False)
    made_up.go.set()
    page = opened("compiled_dropout")
    press(page, "Audit")
    ended(page)
    assert not page.success
    (box,) = page.warning
    assert box.value.replace("\\", "").startswith("**Repeats, but its seeds have no effect")
    assert "Prove it" in {button.label for button in page.button}


@pytest.mark.usefixtures("made_up")
def test_stop_stops() -> None:
    page = opened()
    press(page, "Audit")
    press(page, "Stop")
    ended(page)
    assert "Stopped" in texts(page)
    assert not page.session_state["visit"].audit_running


def test_a_failure_is_reported_without_folders(made_up: MadeUp) -> None:
    made_up.outcome = RunFailedError("the script ended: FileNotFoundError: '/home/ada/secret/train.csv'")
    made_up.go.set()
    page = opened()
    press(page, "Audit")
    ended(page)
    (box,) = page.error
    assert "train" in box.value
    assert "ada" not in box.value


def test_prove_it_runs_the_script_with_its_fix(made_up: MadeUp) -> None:
    made_up.go.set()
    page = opened()
    press(page, "Audit")
    ended(page)
    made_up.outcome = REPEATS
    made_up.go.clear()
    press(page, "Prove it")
    page.run()
    assert any(box.value.startswith("**Proving**: the changed script, twice.") for box in page.info)
    assert "as it is" not in "".join(box.value for box in page.info)
    made_up.go.set()
    ended(page)
    assert [box.value for box in page.success if box.value.startswith("**Identical")]
    code, options = made_up.asked[-1]
    assert code == GALLERY[SCRIPT].fixed
    assert options["causes"] is False
    made_up.outcome = DIFFERS
    press(page, "Prove it")
    ended(page)
    assert [box.value for box in page.warning if box.value.startswith("**Diverged")]


def test_without_the_cause_there_are_two_runs_alone(made_up: MadeUp) -> None:
    made_up.go.set()
    page = opened()
    page.toggle(key="audit with causes").set_value(False).run()
    press(page, "Audit")
    ended(page)
    assert made_up.asked[-1][1]["causes"] is False


def test_a_guess_is_judged_by_the_verdict(made_up: MadeUp) -> None:
    made_up.go.set()
    page = opened()
    page.segmented_control(key="guess repeats").set_value("no").run()
    page.number_input(key="guess line").set_value(6).run()
    press(page, "Audit")
    ended(page)
    assert "You guessed: it does not repeat: right, line 6: wrong." in texts(page)


def test_another_script_has_no_verdict_yet(made_up: MadeUp) -> None:
    made_up.go.set()
    page = opened()
    press(page, "Audit")
    ended(page)
    page.selectbox(key="script").set_value("saved_model").run()
    assert not page.warning
    assert "The last audit was of" in texts(page)


def test_the_operators_scripts_are_offered_by_name_and_their_folder_is_not_told(
    made_up: MadeUp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text("print(1)\n", encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    page = opened("")
    assert page.selectbox(key="script").value == "mine.py"  # before the gallery
    assert "python -m repro audit FILE" in texts(page)
    made_up.outcome = RunFailedError(f"the script failed: {tmp_path}/mine.py: no")
    made_up.go.set()
    press(page, "Audit")
    ended(page)
    assert str(tmp_path) not in texts(page)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "none"))
    page = opened("mine.py")
    assert str(tmp_path) not in texts(page)
    assert any("There is no script" in caption.value for caption in page.caption)


def test_an_operators_script_is_given_arguments_and_files_of_its_folder(
    made_up: MadeUp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text("import sys\nprint(sys.argv)\n", encoding="utf-8")
    (tmp_path / "my table.csv").write_text("", encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    page = opened("mine.py")
    arguments = page.text_input(key="arguments of mine.py")
    assert arguments.value == "mnist.npz"
    arguments.set_value("--epochs 3").run()
    page.selectbox(key="file for mine.py").set_value("my table.csv").run()
    assert not page.exception
    assert page.text_input(key="arguments of mine.py").value == "--epochs 3 'my table.csv'"
    made_up.go.set()
    press(page, "Audit")
    ended(page)
    assert made_up.arguments == ("--epochs", "3", str(tmp_path / "my table.csv"))
    page.text_input(key="arguments of mine.py").set_value("/etc/passwd").run()
    press(page, "Audit")
    assert any("'/etc/passwd' names no file of the script's folder" in box.value for box in page.error)
    assert "Arguments" not in [one.label for one in opened().text_input]


def test_a_notebook_is_shown_with_the_numbers_of_cell_and_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [{"cell_type": "code", "source": f"a = {number}\nprint(a)"} for number in (1, 2)]
    (tmp_path / "mine.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    page = opened("mine.ipynb")
    assert [f'class="number">{number}<' in texts(page) for number in ("1:2", "2:1", "1")] == [True, True, False]
    assert [number.label for number in page.number_input if number.key == "guess line"] == []


def test_the_record_of_an_audit_is_kept_whole() -> None:
    whole = replace(DIFFERS, code="print(1)\n")
    assert audits.read(audits.write(whole).encode()) == whole
    content = json.loads(audits.write(DIFFERS))
    del content["result"]["code"]  # as a record was before it held the code
    content["sha256"] = audits._checksum(content["result"])
    assert audits.read(json.dumps(content).encode()) == DIFFERS


def test_a_record_that_is_opened_shows_its_report_and_outputs() -> None:
    def page(data: bytes) -> None:
        from repro.views import your_script

        your_script._draw_opened("file", lambda: data)

    code = GALLERY[SCRIPT].code
    shown = AppTest.from_function(page, args=(audits.write(replace(DIFFERS, code=code)).encode(),)).run()
    assert not shown.exception
    assert "seeds python, numpy, tensorflow" in texts(shown)
    assert not shown.caption
    shown = AppTest.from_function(page, args=(audits.write(DIFFERS).encode(),)).run()
    assert not shown.exception
    assert "the record holds none" in shown.caption[0].value
    (box,) = shown.warning
    assert "Does not repeat" in box.value
    assert "Sufficient: generators" in shown.code[0].value
    assert 'class="differing"' in texts(shown)
    damaged = AppTest.from_function(page, args=(audits.write(DIFFERS).replace("generators", "nothing").encode(),)).run()
    assert not damaged.exception
    assert damaged.error[0].value.startswith("This record cannot be opened")
    large = AppTest.from_function(page, args=(audits.write(replace(DIFFERS, code="#" * 200_001)).encode(),)).run()
    assert large.error[0].value.startswith("This record cannot be opened")


def test_an_upload_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def page(data: bytes) -> None:
        from repro.views import your_script

        your_script._draw_opened("file", lambda: data)

    read: list[bytes] = []
    whole = audits.read

    def counted(data: bytes) -> Result:
        read.append(data)
        return whole(data)

    monkeypatch.setattr(audits, "read", counted)
    shown = AppTest.from_function(page, args=(audits.write(DIFFERS).encode(),)).run().run()
    assert "Does not repeat" in shown.warning[0].value
    assert len(read) == 1
