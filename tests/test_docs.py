"""The README against the code: its commands, the events, the options that it names."""

import re

import pytest

from repro.__main__ import main
from repro.engine.processes import ROOT
from repro.records.history import History

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_ci_runs_the_test_command_of_the_readme() -> None:
    start, tests = re.findall(r"```sh\n(.*)\n```", README)
    assert start == "pip install -r requirements.txt && streamlit run app.py"
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == tests


def test_every_event_is_listed() -> None:
    section = README[README.index("### Events") :].partition("\n## ")[0]
    listed = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    assert listed == {name.removeprefix("_take_") for name in vars(History) if name.startswith("_take_")}


@pytest.mark.parametrize("command", sorted(set(re.findall(r"python -m repro (\w+)", README))))
def test_every_command_that_the_readme_names_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out


def test_the_pictures_and_files_that_the_readme_links_exist() -> None:
    for link in re.findall(r'(?:src|srcset)="([^"]+)"', README) + re.findall(r"\]\(((?!http)[^)]+)\)", README):
        assert (ROOT / link).is_file(), link
