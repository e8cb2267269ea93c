"""What the page does if its server cannot start as its operator wants it to."""

import os
import subprocess
import sys

import pytest

from repro.engine.processes import ROOT

PROGRAM = """
from streamlit.testing.v1 import AppTest
page = AppTest.from_file("app.py", default_timeout=60).run()
print([error.value for error in page.error], len(page.exception), len(page.tabs))
"""


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("REPRO_EPOCHS", "no", "REPRO_EPOCHS cannot be 'no': it takes a whole number from 1 to 100"),
        ("REPRO_SECONDS_KEPT", "60", "REPRO_SECONDS_KEPT cannot be 60: a visit would be forgotten before its runs are"
         " stopped, which takes REPRO_SECONDS_UNSEEN, 120"),
    ],
)  # fmt: skip
def test_an_environment_variable_that_cannot_be_used_is_named_on_the_page_and_in_the_log(
    name: str, value: str, words: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=os.environ | {name: value},
        capture_output=True,
        text=True,
        check=True,
    )
    words = f"This server cannot start: {words}"
    assert done.stdout == f"{[words + '. Its operator can correct that.']} 0 0\n"
    assert done.stderr.splitlines()[-1] == words
