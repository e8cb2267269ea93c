"""A short soak of a real server whose runs are made up: visitors come and go, processes are killed, and nothing is
wrong or left. `python tests/bench/load.py soak SECONDS` has runs of TensorFlow."""

import made_up
import pytest
import soak

from repro.engine.processes import CAN_FORK


@pytest.mark.skipif(not CAN_FORK, reason="reads /proc, and looks for forked processes")
def test_nothing_is_wrong_and_nothing_is_left_after_a_soak(capsys: pytest.CaptureFixture[str]) -> None:
    status = soak.main(7, 1, spare_template=False, forget_soon=True, worker=made_up.WORKER)
    printed = capsys.readouterr()
    assert status == 0, printed.out + printed.err
    assert "right verdicts" in printed.out
