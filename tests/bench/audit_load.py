"""Thirty visitors who audit at once, each a script of the gallery: `python tests/bench/load.py audits` prints a table.

They leave out the search for causes, so each audit is two runs.
"""

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

from live_server import Server, serve
from visitors import Visitor

from repro.audits.audit import audit
from repro.audits.gallery.table import GALLERY
from repro.experiment.machine import cores
from repro.programs import mnist

TIMEOUT = 3600.0  # seconds
CAUSES = "Look for the cause"
VERDICTS = r"^\*\*(Repeats|Does not repeat|No verdict|Stopped)"
FILES = ("files",)  # two runs in folders of their own cannot show it


def scripts(visitors: int) -> list[str]:
    """What the visitors audit: the gallery, over and over."""
    names = list(GALLERY)
    return [names[number % len(names)] for number in range(visitors)]


def wanted(name: str) -> str:
    """How the verdict on two runs must begin."""
    return "**Repeats" if GALLERY[name].repeats or GALLERY[name].causes == FILES else "**Does not repeat"


def back_to_back(names: Sequence[str]) -> float:
    """Seconds that the same runs take, two at a time, without a server."""
    began = time.perf_counter()
    for name in names:
        audit(GALLERY[name].path, [str(mnist.PATH)], causes=False)
    return time.perf_counter() - began


def all_at_once(server: Server, names: Sequence[str]) -> tuple[int, float, float]:
    """Lets the visitors loose: how many saw the right verdict, seconds until the last did, and the median of seconds
    that the first one's page took meanwhile to follow a click elsewhere."""
    visitors = [Visitor(server.address, urlencode({"tab": "Your script", "script": name})) for name in names]
    for visitor in visitors:
        visitor.wait_for("Guess first")
        visitor.set(CAUSES, False)
    over = threading.Event()
    waits: list[float] = []
    clicker = Visitor(server.address, "epochs=3")  # so long that a click starts none

    def click_elsewhere() -> None:
        while not over.wait(2.0):
            seen, began = clicker.finished_runs, time.perf_counter()
            clicker.press("random.seed(42)")
            clicker.wait_until(lambda seen=seen: clicker.finished_runs > seen)  # type: ignore[misc]
            waits.append(time.perf_counter() - began)

    clicks = threading.Thread(target=click_elsewhere, daemon=True)
    with ThreadPoolExecutor(len(names)) as threads:
        began = time.perf_counter()
        clicks.start()
        for visitor in visitors:
            visitor.click("Audit")
        seen = list(threads.map(_verdict, visitors))
        over.set()
    for visitor in visitors:
        visitor.close()
    right = 0
    for name, (_, text) in zip(names, seen, strict=True):
        right += text.startswith(wanted(name))
        if not text.startswith(wanted(name)):
            print(f"{name}: wanted {wanted(name)!r}, saw {text[:200]!r}", file=sys.stderr)
    return right, max(when for when, _ in seen) - began, statistics.median(waits or [0.0])


def _verdict(visitor: Visitor) -> tuple[float, str]:
    try:
        text = visitor.wait_for(VERDICTS, TIMEOUT)
    except Exception as error:  # noqa: BLE001 - counted as a wrong verdict
        text = f"{type(error).__name__}: {error}"
    return time.perf_counter(), text


def main(visitors: int) -> int:
    """Measures and prints all rows; the exit status."""
    names = scripts(visitors)
    ideal = back_to_back(names)
    print(f"{2 * visitors} runs back to back on {cores()} cores: {ideal:.1f} s", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as server:
        right, taken, click = all_at_once(server, names)
    kept = [right == visitors, taken <= 1.5 * ideal, click <= 1]
    print("| what | measured | bound | kept |\n| --- | --- | --- | --- |")
    for (what, measured, bound), good in zip(
        (
            ("visitors who audit with the right verdict", f"{right} of {visitors}", f"{visitors} of {visitors}"),
            (
                f"first click to last verdict, against the same {2 * visitors} runs back to back",
                f"{taken / ideal:.2f} × ({taken:.1f} s against {ideal:.1f} s)",
                "1.5 ×",
            ),
            ("a click elsewhere meanwhile, median", f"{click:.2f} s", "1 s"),
        ),
        kept,
        strict=True,
    ):
        print(f"| {what} | {measured} | {bound} | {'yes' if good else '**no**'} |")
    return 0 if all(kept) else 1
