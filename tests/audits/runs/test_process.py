import os
import sys
import textwrap
import threading
import time
from pathlib import Path

from repro.audits.runs.process import MAX_OUTPUT, Command, End, Ended, environment, run
from repro.engine.processes import ROOT


def start(code: str, folder: Path, *, seconds: float = 30, memory: int | None = None, **how: object) -> Ended:
    command = Command([sys.executable, "-c", textwrap.dedent(code)], folder, os.environ, folder, seconds, memory)
    stop = how.pop("stop", threading.Event())
    assert isinstance(stop, threading.Event)
    return run(command, stop, **how)  # type: ignore[arg-type]


def alive(process: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_what_it_printed_and_its_exit_status_are_kept(tmp_path: Path) -> None:
    ended = start("import sys; print('out'); print('error', file=sys.stderr); sys.exit(5)", tmp_path)
    assert (ended.end, ended.status) == (End.BY_ITSELF, 5)
    assert (ended.out.text, ended.error.text) == ("out\n", "error\n")
    assert ended.failure == "ended with exit status 5"
    assert ended.last_error == "error"


def test_a_gigabyte_of_output_is_read_and_a_megabyte_kept(tmp_path: Path) -> None:
    ended = start(
        """
        import sys
        sys.stdout.write("first\\n")
        for _ in range(1024):
            sys.stdout.write("x" * 2**20)
        sys.stdout.write("\\nlast")
        """,
        tmp_path,
    )
    assert ended.failure is None
    assert ended.out.length == 2**30 + 11
    assert ended.out.left_out == ended.out.length - MAX_OUTPUT
    assert ended.out.text.startswith("first\n")
    assert ended.out.text.endswith("\nlast")


def test_a_run_that_never_ends_is_ended(tmp_path: Path) -> None:
    ended = start("while True: pass", tmp_path, seconds=0.5)
    assert ended.end is End.TIME
    assert "did not end within" in str(ended.failure)


def test_a_run_is_stopped_from_another_thread_and_by_what_is_seen(tmp_path: Path) -> None:
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    assert start("import time; time.sleep(60)", tmp_path, stop=stop).end is End.STOPPED
    assert start("import time; time.sleep(60)", tmp_path, watch=lambda: True).end is End.STOPPED


def test_what_a_run_leaves_is_killed_in_other_groups_and_where_it_has_detached_itself_too(tmp_path: Path) -> None:
    ended = start(
        """
        import os, subprocess, sys
        sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
        for new_session in (False, True):
            print(subprocess.Popen(sleep, start_new_session=new_session).pid, flush=True)
        if os.fork() == 0:  # nothing of the run is above it any more, nor in its environment
            os.setsid()
            if os.fork() == 0:
                print(os.getpid(), flush=True)
                os.execve(sys.executable, sleep, {})
            os._exit(0)
        import time; time.sleep(0.3)
        """,
        tmp_path,
    )
    assert ended.failure is None
    assert ended.left_running == 3
    assert not [process for process in map(int, ended.out.text.split()) if alive(process)]


def test_a_run_that_takes_too_much_memory_is_ended(tmp_path: Path) -> None:
    ended = start("import time; x = bytearray(300 * 2**20); time.sleep(60)", tmp_path, memory=200 * 2**20)
    assert ended.end is End.MEMORY
    assert "memory" in str(ended.failure)


def test_a_run_that_the_system_kills_says_so(tmp_path: Path) -> None:
    ended = start("import os; os.kill(os.getpid(), 9)", tmp_path)
    assert "killed by the system" in str(ended.failure)
    assert "signal 6 (SIGABRT)" in str(start("import os; os.abort()", tmp_path).failure)


def test_a_run_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    keeper = f"""
import os, sys, threading
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from repro.audits.runs.process import Command, run
code = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(600)"
threading.Timer(3, lambda: os.kill(os.getpid(), 9)).start()
folder = Path({str(tmp_path)!r})
run(Command([sys.executable, "-c", code], folder, dict(os.environ), folder, 60), threading.Event())
"""
    os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", keeper])
    process = int((tmp_path / "pid").read_text())
    until = time.monotonic() + 5
    while time.monotonic() < until and alive(process):
        time.sleep(0.05)
    assert not alive(process)


def test_the_environment_is_the_persons() -> None:
    own = {"PATH": "/bin", "REPRO_IMAGES": "10", "STREAMLIT_SERVER_PORT": "1", "SEED": "3"}
    assert environment({**own, "MALLOC_TRIM_THRESHOLD_": "1"}) == own
