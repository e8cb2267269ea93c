"""Errors: the tree that the docstring draws is the one that the classes make."""

import re
import subprocess
import sys

import pytest

from repro.engine.processes import ROOT
from repro.experiment import errors
from repro.experiment.errors import InputError, ReproError, missing, sentence

WITHOUT_TENSORFLOW = """
import sys
from repro.engine import worker
sys.modules["tensorflow"] = None
try:
    worker._prepare()
except Exception as error:
    print(type(error).__name__, error)
"""


def below(kind: type[ReproError], depth: int = 0) -> list[tuple[int, str]]:
    """The classes of this file under `kind`, in their order, each with its depth."""
    found = [(depth, kind.__name__)]
    for child in kind.__subclasses__():
        found += below(child, depth + 1) if child.__module__ == errors.__name__ else []
    return found


def test_the_docstring_draws_the_tree() -> None:
    assert errors.__doc__ is not None
    drawn = [
        (len(match[1]) // 4, match[2]) for match in re.finditer(r"^    ([│├└─ ]*)(\w+Error)\b", errors.__doc__, re.M)
    ]
    assert drawn == below(ReproError)


def test_bad_input_is_a_value_error_and_nothing_else_is() -> None:
    kinds = [getattr(errors, name) for _, name in below(ReproError)]
    assert [kind for kind in kinds if issubclass(kind, ValueError)] == [
        kind for kind in kinds if issubclass(kind, InputError)
    ]


def test_a_sentence_begins_with_a_capital_and_keeps_the_rest() -> None:
    assert sentence("it is not JSON in UTF-8. Try again") == "It is not JSON in UTF-8. Try again"
    assert sentence("") == ""


def test_a_missing_package_is_to_be_installed_and_a_missing_module_of_ours_is_a_bug() -> None:
    error = ModuleNotFoundError("No module named 'numpy.random'", name="numpy.random")
    assert missing(error) == "the package numpy is missing: `pip install -r requirements.txt` installs what is needed"
    for name in ("repro.gone", None):
        bug = ModuleNotFoundError(name=name)
        with pytest.raises(ModuleNotFoundError) as raised:
            missing(bug)
        assert raised.value is bug


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True)


def test_the_command_line_without_any_package_says_what_to_install() -> None:
    ended = run("-S", "-m", "repro", "train")  # without site-packages
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith("python -m repro: the package numpy is missing: ")
    assert len(ended.stderr.splitlines()) == 1


def test_a_run_without_tensorflow_says_what_to_install() -> None:
    ended = run("-c", WITHOUT_TENSORFLOW)
    assert ended.stdout.startswith("RunFailedError the package tensorflow is missing: ")
