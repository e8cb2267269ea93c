from pathlib import Path

import pytest

from repro.audit.clock import reading


@pytest.mark.parametrize(
    "code",
    [
        "import time\nx = time.time()\n",
        "from time import perf_counter\nx = perf_counter()\n",
        "import datetime\nx = datetime.datetime.now()\n",
        "import time\nx = f'{time.monotonic() - 3:.1f}'\n",
    ],
)
def test_a_line_that_reads_the_clock_is_found(tmp_path: Path, code: str) -> None:
    (tmp_path / "train.py").write_text(code)
    assert reading(tmp_path, ["gone.py", "train.py"]) == ("train.py", 2)


@pytest.mark.parametrize("code", ["import time\n# time.time()\ntime.sleep(1)\n", "x = (\n", "time = 3\n"])
def test_a_script_that_does_not_read_it_has_none(tmp_path: Path, code: str) -> None:
    (tmp_path / "train.py").write_text(code)
    assert reading(tmp_path, ["train.py"]) is None
