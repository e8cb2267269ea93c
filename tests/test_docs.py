"""The documents against the code, from the code's side: what is not documented fails."""

import argparse
import dataclasses
import json
import re
import shlex
from pathlib import Path

import pytest

import repro
from repro.__main__ import main
from repro.audits.report.result import CONTRACT, Result
from repro.audits.sources import SOURCES, Kind
from repro.commands.command import COMMANDS, load
from repro.engine.processes import ROOT
from repro.experiment.limits import KINDS, PREFIX
from repro.experiment.settings import SETTINGS
from repro.experiment.twists import TWISTS
from repro.history.history import History
from repro.studies.interface import Combinations, Comparison, Spread
from repro.studies.matrix import Cell
from repro.studies.report import NOT_IN_JSON
from repro.verdicts.control import Control, ControlState

DOCUMENTS = {
    path.name: path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *(ROOT / ".github").glob("*.md"))
}
README, REFERENCE = DOCUMENTS["README.md"], DOCUMENTS["REFERENCE.md"]


def section(document: str, title: str) -> str:
    """What a document says below a heading, to the next one of its level or above."""
    _, heading, rest = document.partition(f"\n{title}\n")
    assert heading, title
    level = len(title) - len(title.lstrip("#"))
    return re.split(rf"^#{{1,{level}}} ", rest, flags=re.MULTILINE)[0]


def json_of(command: str) -> str:
    """What the reference says of a command's `--json`."""
    _, found, rest = section(REFERENCE, f"### `{command}`").partition("`--json`")
    assert found
    return rest.partition("\n\n")[0]


def subcommands() -> dict[str, argparse.ArgumentParser]:
    subparsers = argparse.ArgumentParser().add_subparsers()
    load()
    for command in COMMANDS.values():
        command.add_to(subparsers)
    return dict(subparsers.choices)


@pytest.mark.parametrize("command", subcommands())
def test_every_command_and_option_is_in_the_reference(command: str) -> None:
    documented = section(REFERENCE, f"### `{command}`")
    options = {option for action in subcommands()[command]._actions for option in action.option_strings}
    of_experiment = {setting.option for setting in SETTINGS.values()} | {"--json"}
    if of_experiment <= options:
        documented += section(REFERENCE, "### Options of an experiment")
    if COMMANDS[command].trains:
        documented += section(REFERENCE, "### The next command")
    for option in options - {"-h", "--help"}:
        assert re.search(rf"`{option}\b", documented), f"{command} {option} is not documented"


def test_the_reference_has_no_command_or_option_that_there_is_not() -> None:
    known = subcommands()
    assert set(re.findall(r"^### `(.+)`$", REFERENCE, re.MULTILINE)) == set(known)
    options = {option for parser in known.values() for action in parser._actions for option in action.option_strings}
    others = {"--server.address", "--browser.serverAddress"}
    assert set(re.findall(r"(?<![\w-])--[a-z][\w.-]*", REFERENCE)) - others <= options


def test_every_setting_is_documented_with_its_default() -> None:
    rows = section(REFERENCE, "### Options of an experiment")
    for setting in SETTINGS.values():
        default = setting.text(setting.default).removesuffix(".0")
        assert re.search(rf"^\| `{setting.option}` \| `?{re.escape(default)}`? \|", rows, re.MULTILINE), setting.name


def test_every_twist_is_documented() -> None:
    listed = re.findall(r"^\| `([\w-]+)` \|", section(REFERENCE, "### `compare`"), re.MULTILINE)
    assert listed == list(TWISTS)


def test_every_source_is_documented_as_its_row_says() -> None:
    """What to write stands there without its place, which an audit fills in."""
    listed = re.findall(r"^\| `([\w-]+)` \| (.*) \| (.*) \| (.*) \|$", section(REFERENCE, "### `audit`"), re.MULTILINE)
    assert listed == [(one.name, one.draws, one.pinned, one.advice.replace(" {where}", "")) for one in SOURCES.values()]


def test_what_pins_a_framework_is_a_source_and_each_seed_belongs_to_one() -> None:
    table = section(REFERENCE, "### `audit`").partition("| framework |")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()[2:]]
    assert [len(row) for row in rows] == [4] * len(rows)
    pinned = {name for row in rows for name in re.findall(r"`([\w-]+)`", row[2])}
    assert pinned <= set(SOURCES)
    never = {name for name, source in SOURCES.items() if source.pinned.startswith("nothing")}
    assert {name for name, source in SOURCES.items() if source.kind is Kind.SEED} <= pinned | never


def test_every_version_has_its_changes() -> None:
    assert f"## {repro.__version__}\n" in DOCUMENTS["CHANGELOG.md"]


def test_ci_installs_the_versions_that_are_asked_for() -> None:
    pinned = set((ROOT / "tests/constraints.txt").read_text().splitlines())
    for file in ("requirements.txt", "tests/requirements.txt"):
        asked = {line for line in (ROOT / file).read_text().splitlines() if "==" in line}
        assert asked <= pinned


def test_every_limit_of_the_operator_is_documented() -> None:
    assert {PREFIX + name.upper() for name in KINDS} <= set(re.findall(r"`(REPRO_\w+)`", DOCUMENTS["OPERATING.md"]))


def test_every_name_of_the_package_is_documented() -> None:
    documented = section(REFERENCE, "## Python")
    for name in repro.__all__:
        assert f"{name}(" in documented


@pytest.mark.parametrize(
    ("command", "answer"), [("compare", Comparison), ("matrix", Combinations), ("seeds", Spread), ("audit", Result)]
)
def test_every_field_of_an_answer_is_documented_and_whether_it_may_be_null(command: str, answer: type) -> None:
    documented = json_of(command)
    for field in dataclasses.fields(answer):
        if field.name in CONTRACT or (answer is not Result and field.repr):
            assert f"`{field.name}`" in documented, field.name
            if "None" in str(field.type) and answer is not Result:
                assert re.search(rf"`{field.name}`[^`]*\bnull\b", documented), field.name


def test_every_field_of_a_cell_is_documented() -> None:
    assert {field.name for field in dataclasses.fields(Cell)} - set(NOT_IN_JSON) <= set(
        re.findall(r"`(\w+)`", json_of("matrix"))
    )


def test_the_fields_of_a_script_are_documented(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["script", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == re.findall(r"`(\w+)`", json_of("script"))


def test_every_state_and_field_of_a_control_run_is_documented() -> None:
    documented = section(REFERENCE, "## Records")
    assert re.findall(r"^\| `(\w+)` \|", documented, re.MULTILINE) == [str(state) for state in ControlState]
    assert {field.name for field in dataclasses.fields(Control)} <= set(re.findall(r"`(\w+)`", documented))


def test_every_event_is_listed() -> None:
    listed = set(re.findall(r"^\| `(\w+)` \|", section(REFERENCE, "## Events"), re.MULTILINE))
    assert listed == {name.removeprefix("_take_") for name in vars(History) if name.startswith("_take_")} | {"failed"}


def test_every_finding_is_listed_stands_alone_and_names_its_versions() -> None:
    """They are run by hand: each installs what it needs, so it is not run here."""
    files = {path.stem: path for path in (ROOT / "findings").iterdir()}
    table = section(DOCUMENTS["CONTRIBUTING.md"], "## Findings")
    assert re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE) == sorted(files)
    for name, path in files.items():
        script = path.read_text(encoding="utf-8")
        assert path.suffix == ".sh", name
        assert path.stat().st_mode & 0o111, name
        assert re.search(r"^packages=\((\S+==[\d.]+(post\d+)? ?)+\)$", script, re.MULTILINE), name
        assert "trap 'rm -rf" in script, name
        for part in ("# Why it surprises: ", "# Seen:\n#   ", "# Upstream: "):
            assert part in script, name


def test_ci_runs_the_test_command_of_the_readme() -> None:
    start, tests = re.findall(r"```sh\n(.*?)\n```", README, re.DOTALL)
    assert start.splitlines()[-1] == "pip install -r requirements.txt && streamlit run app.py"
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == tests


def test_the_commands_of_the_readme_can_be_given_as_they_stand() -> None:
    shown = re.findall(r"`(python -m repro[^`]+)`|^\$ (python -m repro.*)$", README, re.MULTILINE)
    commands = [shlex.split(inline or typed)[3:] for inline, typed in shown]
    assert len(commands) >= 5
    for command in commands:
        given = subcommands()[command[0]].parse_args(command[1:])
        files = [word for word in command[1:] if command[0] == "audit" and word != "FILE"]
        assert all((ROOT / file).is_file() for file in files), given


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) < 150
    prose = re.sub(r"```.*?```|^\|.*?$|<picture>.*?</picture>|\]\(.*?\)", "", README, flags=re.DOTALL | re.MULTILINE)
    assert len(prose.split()) <= 550


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_that_is_named_there_is(document: str, capsys: pytest.CaptureFixture[str]) -> None:
    for command in sorted(set(re.findall(r"python -m repro ([a-z]+)", DOCUMENTS[document]))):
        with pytest.raises(SystemExit) as ended:
            main([command, "--help"])
        assert ended.value.code == 0
        assert capsys.readouterr().out


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_and_headings_that_are_linked_exist(document: str) -> None:
    folder = ROOT if document == "README.md" else ROOT / ".github"
    text = DOCUMENTS[document]
    for link in re.findall(r'(?:src|srcset)="([^"]+)"', text) + re.findall(r"\]\(((?!http)[^)]+)\)", text):
        path, _, anchor = link.partition("#")
        file = folder / path if path else folder / document
        assert file.is_file(), link
        if anchor:
            assert anchor in anchors(file), link


def anchors(file: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
