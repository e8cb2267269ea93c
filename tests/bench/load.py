"""Thirty visitors at once on a real server: `python tests/bench/load.py` prints a table of what was measured.

`python tests/bench/load.py soak SECONDS` has visitors come and go for that long; see soak.py.
`python tests/bench/load.py audits` has them audit scripts; see audit_load.py.
`python tests/bench/load.py attack` tries what one client can do to the others; see attack.py. Linux only.
"""

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import attack
import audit_load
import soak
from live_server import Server, serve
from proc import MEGABYTE, descendants, memory
from visitors import Visitor

from repro.engine.launcher import Launcher
from repro.experiment.experiment import Experiment
from repro.experiment.machine import cores

VISITORS = 30
CLICKERS = 3
TIMEOUT = 300.0  # seconds
LINE = "random.seed(42)"
VERDICTS = r"^\*\*(Identical: |Diverged at step |No verdict)"
UNSEEDED = ("tensorflow", "initializers")
IDENTICAL, DIVERGED = "Identical: bit for bit, 200 of 200 steps", "Diverged at step 0"


def experiments() -> list[Experiment]:
    """What the visitors train: every second one leaves the order of the images unseeded."""
    short = [Experiment(images=6400, epochs=1, seed=seed) for seed in range(1, VISITORS + 1)]
    return [
        Experiment(images=one.images, epochs=1, seed=one.seed, steps=UNSEEDED) if one.seed % 2 else one for one in short
    ]


def query(experiment: Experiment) -> str:
    """The link of an experiment."""
    steps = f"&steps={','.join(experiment.steps)}" if experiment.steps == UNSEEDED else ""
    return f"images={experiment.images}&epochs=1&seed={experiment.seed}{steps}"


def back_to_back() -> float:
    """Seconds that as many runs take as the visitors start, one after the other on each core, on a warm template."""
    with Launcher() as launcher:
        launcher.start(Experiment(images=320, epochs=1)).join(TIMEOUT)
        began = time.perf_counter()
        with ThreadPoolExecutor(cores()) as threads:
            runs = threads.map(lambda experiment: _train(launcher, experiment), 2 * experiments())
            assert all(runs)
        return time.perf_counter() - began


def _train(launcher: Launcher, experiment: Experiment) -> bool:
    run = launcher.start(experiment)
    return run.join(TIMEOUT) and run.history.finished


@contextmanager
def again_and_again(action: Callable[[], None], pause: float) -> Iterator[None]:
    """Does `action` on a thread, with pauses, until the context ends; then says if it failed."""
    over = threading.Event()
    errors: list[Exception] = []

    def act() -> None:
        try:
            while not over.is_set():
                action()
                over.wait(pause)
        except Exception as error:  # noqa: BLE001 - told below
            errors.append(error)

    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join(TIMEOUT)
    for error in errors:
        print(f"failed meanwhile: {type(error).__name__}: {error}", file=sys.stderr)


def flip(visitor: Visitor, waits: list[float]) -> None:
    """Flips a seeding line, and notes how long it takes until the page and its address follow."""
    wanted = "python" not in visitor.query
    seen = visitor.finished_runs
    began = time.perf_counter()
    visitor.press(LINE)
    try:
        visitor.wait_until(lambda: visitor.finished_runs > seen and ("python" in visitor.query) == wanted)
    finally:
        waits.append(time.perf_counter() - began)


def verdict(visitor: Visitor) -> tuple[float, str]:
    """When the visitor's pair had its verdict, and which."""
    try:
        visitor.wait_until(lambda: visitor.count(soak.ENDED.pattern) == 2, TIMEOUT)
        text = visitor.wait_for(VERDICTS, timeout=5)
    except Exception as error:  # noqa: BLE001 - counted as a wrong verdict
        text = f"{type(error).__name__}: {error}"
    return time.perf_counter(), text


def load(server: Server) -> tuple[int, float, list[float], int]:
    """Lets the visitors loose: how many saw the right verdict, seconds until the last did, how long clicks elsewhere
    took meanwhile, and the most memory that the server and all processes below it held."""
    warm = Visitor(server.address, "images=320&epochs=1")
    warm.click("Train both runs")
    warm.wait_for(VERDICTS)
    warm.close()
    wanted = [DIVERGED if one.steps == UNSEEDED else IDENTICAL for one in experiments()]
    visitors = [Visitor(server.address, query(one)) for one in experiments()]
    clickers = [Visitor(server.address, "epochs=3") for _ in range(CLICKERS)]  # so long that a click starts none
    for visitor in visitors + clickers:
        visitor.wait_for("^Rewritten from")
    waits: list[float] = []
    peaks: list[int] = []

    def sample() -> None:
        began = time.perf_counter()
        peaks.append(sum(map(memory, [server.process, *descendants(server.process)])))
        time.sleep(10 * (time.perf_counter() - began))  # to look at many processes is work, which is not to be measured

    def click_elsewhere() -> None:
        for clicker in clickers:
            flip(clicker, waits)

    with again_and_again(sample, pause=1.0), ThreadPoolExecutor(VISITORS) as threads:
        began = time.perf_counter()
        for visitor in visitors:
            visitor.click("Train both runs")
        with again_and_again(click_elsewhere, pause=2.0):
            verdicts = list(threads.map(verdict, visitors))
        print(f"last verdict after {time.perf_counter() - began:.1f} s", file=sys.stderr, flush=True)
    for visitor in visitors + clickers:
        visitor.close()
    wrong = [(right, text) for right, (_, text) in zip(wanted, verdicts, strict=True) if right not in text]
    for right, text in wrong:
        print(f"wanted {right!r}, saw {text!r}", file=sys.stderr)
    return VISITORS - len(wrong), max(when for when, _ in verdicts) - began, waits, max(peaks)


def row(what: str, measured: str, bound: str, *, kept: bool) -> None:
    """Prints a row of the table."""
    print(f"| {what} | {measured} | {bound} | {'yes' if kept else '**no**'} |", flush=True)


def main() -> None:
    """Measures and prints all rows."""
    ideal = back_to_back()
    print(f"{2 * VISITORS} runs back to back on {cores()} cores: {ideal:.1f} s", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as server:
        right, taken, waits, peak = load(server)
    median, most = statistics.median(waits), max(waits)
    print("| what | measured | bound | kept |\n| --- | --- | --- | --- |")
    row(
        "visitors with the right verdict", f"{right} of {VISITORS}", f"{VISITORS} of {VISITORS}", kept=right == VISITORS
    )
    row(f"first click to last verdict, against {2 * VISITORS} runs back to back on {cores()} cores",
        f"{taken / ideal:.2f} × ({taken:.1f} s against {ideal:.1f} s)", "1.5 ×", kept=taken <= 1.5 * ideal)  # fmt: skip
    row(f"a click elsewhere meanwhile, median of {len(waits)}", f"{median:.2f} s", "1 s", kept=median <= 1)
    row(f"a click elsewhere meanwhile, longest of {len(waits)}", f"{most:.2f} s", "3 s", kept=most <= 3)
    row("memory of all processes at the peak, proportional set size", f"{peak / MEGABYTE:.0f} MB", "2048 MB",
        kept=peak <= 2048 * MEGABYTE)  # fmt: skip


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("what", nargs="?", choices=["load", "audits", "soak", "attack"], default="load")
    arguments.add_argument("seconds", nargs="?", type=float, default=60.0, help="how long to soak")
    arguments.add_argument("--visitors", type=int, default=VISITORS, help="how many audit at once")
    arguments.add_argument("--seed", type=int, default=None, help="of the soak's random numbers")
    arguments.add_argument("--spare-template", action="store_true", help="kill no template, only workers")
    arguments.add_argument("--only", nargs="+", default=[], choices=[one.__name__ for one in attack.ATTACKS])
    given = arguments.parse_args()
    if given.what == "load":
        main()
    elif given.what == "audits":
        sys.exit(audit_load.main(given.visitors))
    elif given.what == "attack":
        sys.exit(attack.main(given.only))
    else:
        sys.exit(soak.main(given.seconds, given.seed, spare_template=given.spare_template))
