"""Visitors who come and go, and processes that are killed: `python tests/bench/load.py soak SECONDS`. Linux only.

Every verdict of a pair that finished must be right, and when all have left, nothing of them must stay. A pair has its
time from when both of its runs have begun; how long it waits before, in the queue or for a template, has a bound of its
own. Where either is passed, the server's log says where each of its processes stood.
"""

import contextlib
import os
import random
import re
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from live_server import ROOT, Server, serve
from proc import MEGABYTE, command, descendants, forks, memory, templates
from visitors import Visitor

from repro.server.visits import THAW_SECONDS, TIDY_SECONDS

AT_ONCE = 4  # visitors
TIMEOUT = 60.0  # seconds that a pair may take once its runs have begun, or a page to load
# Seconds until the runs begin. A template that has been stopped is found out and replaced within 150.
PATIENCE_IN_QUEUE = 200.0
ENDED = re.compile(r"^ *Run [AB] +(finished|failed|stopped at step [\d,]+)")
ASKED_FOR = re.compile(r"^ *Run A {2,}")
BEGUN = re.compile(r"^ *Run [AB] {2,}(?! |waiting|starting)")  # no sentence that begins with "Run B"
TABLE = ("processes under the server", "threads of the server", "open descriptors of the server")


class Soak:
    """What the visitors do, and what came of it."""

    def __init__(self, server: Server, seed: int, *, spare_template: bool) -> None:
        self.server, self.seed, self.spare_template = server, seed, spare_template
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.seconds: dict[str, list[float]] = {"until both runs began": [], "from then to their end": []}
        self._counting = threading.Lock()

    def count(self, what: str) -> None:
        with self._counting:
            self.counts[what] += 1

    def visit(self, chance: random.Random) -> None:
        """One visitor: opens the page, starts a pair, and waits for it, stops it, loses the page, or leaves."""
        images, seeded = chance.randint(64, 640), chance.random() < 0.5
        steps = "" if seeded else "&steps=tensorflow,initializers"
        visitor = Visitor(self.server.address, f"images={images}&epochs=1&seed={chance.randrange(1000)}{steps}")
        try:
            visitor.click("Train both runs", TIMEOUT)
            self.count("pairs started")
            what = chance.choice(["stay", "stay", "stay", "stop", "drop", "reopen", "leave"])
            self.count(what)
            time.sleep(chance.uniform(0, 1.5))
            if what == "stop":
                with contextlib.suppress(TimeoutError):  # it may have ended already
                    visitor.click("Stop", timeout=2)
            elif what == "drop":
                # Streamlit ends what a page has asked for when its connection is lost (`disconnect_session` in
                # streamlit/runtime/websocket_session_manager.py): a click of the last millisecond is not heard.
                visitor.wait_for(ASKED_FOR.pattern)
                visitor.drop()
                time.sleep(chance.uniform(0, 2))
                visitor.connect()
            elif what == "reopen":
                visitor.drop()
                visitor = Visitor(self.server.address, visitor.query, cookie=visitor.cookie)
                visitor.wait_for("^Which seed matters", TIMEOUT)
            if what in ("stay", "stop", "drop"):
                self._judge(visitor, -(-images // 32), seeded=seeded)
        finally:
            visitor.close()

    def _judge(self, visitor: Visitor, steps: int, *, seeded: bool) -> None:
        """Waits until both runs have ended; where both finished, the verdict must be right."""

        def ended() -> list[str] | None:
            found = [match[1] for text in visitor.texts() if (match := ENDED.match(text))]
            return found if len(found) == 2 else None

        def begun() -> bool:
            return visitor.count(BEGUN.pattern) == 2

        asked = time.monotonic()
        try:
            visitor.wait_until(begun, PATIENCE_IN_QUEUE, "both runs to begin")
            began = time.monotonic()
            ends: list[str] = visitor.wait_until(ended, TIMEOUT, "the end of both runs")
        except TimeoutError:
            self.count("pairs that stood still")
            tell_where_all_stand(self.server)
            raise
        with self._counting:
            for name, taken in zip(self.seconds, (began - asked, time.monotonic() - began), strict=True):
                self.seconds[name].append(taken)
        if ends != ["finished", "finished"]:
            self.count("pairs without a verdict")
            return
        right = f"Identical: bit for bit, {steps} of {steps} steps" if seeded else "Diverged at step 0: the batch order"
        try:
            visitor.wait_for(re.escape(right), timeout=10)
            self.count("right verdicts")
        except TimeoutError as error:
            self.wrong.append(f"no {right!r}: {error}")

    def kill(self, chance: random.Random) -> None:
        """Kills a worker that trains, or, rarely, the template."""
        going = templates(self.server.process)
        workers = [worker for template in going for worker in forks(template)]
        if not self.spare_template and going and chance.random() < 0.1:
            self.count("templates killed")
            _kill(chance.choice(going))
        elif workers:
            self.count("workers killed")
            _kill(chance.choice(workers))

    def again_and_again(self, action: Callable[[random.Random], None], number: int, end: float, pause: float) -> None:
        """Does `action` until `end`, with its own random numbers; a failure is noted."""
        chance = random.Random(f"{self.seed} {number}")
        while time.monotonic() < end:
            try:
                action(chance)
            except Exception as error:  # noqa: BLE001 - noted, and told at the end
                self.wrong.append(f"{type(error).__name__}: {error}")
            time.sleep(chance.uniform(0, 2 * pause))

    def run(self, seconds: float) -> list[int]:
        """Lets the visitors loose for so long; the server's memory after each tenth of it, in bytes."""
        began = time.monotonic()
        end = began + seconds
        parts = [(self.visit, number, end, 0.2) for number in range(AT_ONCE)] + [(self.kill, AT_ONCE, end, 4.0)]
        threads = [threading.Thread(target=self.again_and_again, args=part, daemon=True) for part in parts]
        for thread in threads:
            thread.start()
        held = []
        for tenth in range(1, 11):
            time.sleep(max(0.0, began + tenth * seconds / 10 - time.monotonic()))
            held.append(memory(self.server.process))
        for thread in threads:
            thread.join(5 * TIMEOUT)
        return held


def tell_where_all_stand(server: Server) -> None:
    """Appends to the server's log what each of its processes is and where each of its threads stands: in the kernel, as
    far as that may be read, and, by `faulthandler`, in Python. That ends the processes below the server."""
    lines = [f"{time.strftime('%X')} A pair stood still. All processes:"]
    below = descendants(server.process)
    for process in (server.process, *below):
        lines.append(f"process {process}: {' '.join(command(process))[:200]}")
        for thread in sorted(Path(f"/proc/{process}/task").glob("*")):
            told = [f"  thread {thread.name}"]
            for name in ("comm", "wchan", "syscall", "stack"):
                with contextlib.suppress(OSError):
                    told.append(f"{name}: {(thread / name).read_text().strip()}")
            lines.append(", ".join(told))
    with (server.folder / "output").open("a") as log:
        log.write("\n".join(lines) + "\n")
    for process in reversed(below):  # the forks before their template, which would take them along
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGABRT)  # PYTHONFAULTHANDLER: where it stands, and then it ends
        time.sleep(0.3)  # one after the other, to be read
    tell_where_threads_stand(server)


def tell_where_threads_stand(server: Server, when: str = "now") -> None:
    """Appends to the server's log where each of its own threads stands in Python; it continues."""
    with (server.folder / "output").open("a") as log:
        log.write(f"{time.strftime('%X')} The threads of the server {when}:\n")
    os.kill(server.process, signal.SIGUSR2)  # live_server.py
    time.sleep(1)


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def _held(server: Server) -> tuple[int, int, int]:
    """How many processes, threads and descriptors there are; see TABLE."""
    of_server = Path(f"/proc/{server.process}")
    threads, files = (len(list((of_server / name).iterdir())) for name in ("task", "fd"))
    return len(descendants(server.process)), threads, files


def _held_when_all_have_left(
    server: Server, forgotten_after: float, wanted: tuple[int, int, int] | None = None
) -> tuple[int, int, int]:
    """What is held once visitors are forgotten, at the latest when garbage was collected then; as soon as it is what is
    `wanted`. Streamlit lets go of their sessions not at that time, but when the next visitor comes: hence one comes and
    leaves."""
    time.sleep(forgotten_after + 5)
    visitor = Visitor(server.address)
    visitor.wait_for("^Which seed matters")
    visitor.close()
    # What was open when the server last looked through all is found only when it does so again.
    end = time.monotonic() + TIDY_SECONDS + 5 + (THAW_SECONDS if wanted else 0)
    while (held := _held(server)) != wanted and time.monotonic() < end:
        time.sleep(0.5)
    return held


def main(
    seconds: float,
    seed: int | None,
    *,
    spare_template: bool,
    forget_soon: bool = False,
    worker: Sequence[str] = (),
) -> int:
    """Soaks a server for so long, and prints what came of it; 0 if nothing was wrong and nothing is left. It may be
    one that forgets visitors who have left sooner than others do, and whose runs take place in processes of the
    command `worker`."""
    seed = random.randrange(2**32) if seed is None else seed
    print(f"random numbers from --seed {seed}", flush=True)
    forgotten_after = 10 if forget_soon else 120
    options = ("--server.disconnectedSessionTTL", str(forgotten_after))
    variables = {
        "REPRO_SECONDS_UNSEEN": str(forgotten_after),
        "REPRO_SECONDS_KEPT": str(max(60, forgotten_after)),
        "PYTHONFAULTHANDLER": "1",
    }
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder), ROOT / "app.py", *options, worker=worker, **variables) as server,
    ):
        soak = Soak(server, seed, spare_template=spare_template)
        warm = [Visitor(server.address, "images=320&epochs=1") for _ in range(AT_ONCE)]
        for visitor in warm:
            visitor.click("Train both runs")
            visitor.wait_for("Identical: bit for bit, 10 of 10 steps")
        for visitor in warm:
            visitor.close()
        before = _held_when_all_have_left(server, forgotten_after)
        tell_where_threads_stand(server, "before")
        memory_before = memory(server.process)
        meanwhile = soak.run(seconds)
        print(", ".join(f"{number} {what}" for what, number in sorted(soak.counts.items())), flush=True)
        for trouble in soak.wrong:
            print(f"wrong: {trouble}", file=sys.stderr)
        after = _held_when_all_have_left(server, forgotten_after, wanted=before)
        memory_after = memory(server.process)
        tell_where_threads_stand(server, "after")
        if soak.counts["pairs that stood still"] or before != after:
            print((Path(folder) / "output").read_text()[-100_000:], file=sys.stderr)
    print("| what | before | after | kept |\n| --- | --- | --- | --- |")
    print(f"| wrong verdicts and other trouble | 0 | {len(soak.wrong)} | {'**no**' if soak.wrong else 'yes'} |")
    for what, earlier, later in zip(TABLE, before, after, strict=True):
        print(f"| {what} | {earlier} | {later} | {'yes' if earlier == later else '**no**'} |")
    print(f"| memory of the server | {memory_before / MEGABYTE:.0f} MB | {memory_after / MEGABYTE:.0f} MB | |")
    for what, taken in soak.seconds.items():
        print(f"| seconds {what}, longest of {len(taken)} | | {max(taken, default=0):.1f} | |")
    tenths = ", ".join(f"{held / MEGABYTE:.0f}" for held in meanwhile)
    print(f"\nMemory of the server after each tenth of the time, in MB: {tenths}")
    return 1 if soak.wrong or before != after else 0
