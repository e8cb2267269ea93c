"""Visits: what each visitor of a server has trained, kept while somebody looks at it, found again by its token.

Whoever knows a visit's token sees its runs; its `name`, which journal and queue have, opens nothing.
"""

import contextlib
import gc
import hashlib
import secrets
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from repro.audits.background import BackgroundAudit
from repro.audits.gallery.offered import Offered
from repro.engine.journal import LOG
from repro.engine.launcher import Launcher
from repro.engine.queue import Place
from repro.engine.run import Run
from repro.experiment.errors import QueueFullError, ServerFullError
from repro.experiment.experiment import Experiment
from repro.experiment.limits import LIMITS, Limits
from repro.experiment.twists import TWIST, apply_twist
from repro.records.saved import Saved
from repro.server.guesses import Guesses
from repro.studies.jobs import Local
from repro.studies.matrix import Matrix
from repro.studies.pair import Pair
from repro.studies.seeds import Seeds
from repro.studies.study import Study
from repro.studies.tried import Tried

POLL_INTERVAL = 1.0  # between two looks for visits that nobody looks at
TIDY_SECONDS = 10.0  # between two collections of garbage
THAW_SECONDS = 60.0  # between two that look through what is frozen, too
MEGABYTE = 2**20
MAX_TRIED = 8  # pairs that are remembered when the next one is trained
STEP_BYTES = 24  # of a step of a run in records.history: two float32 and two int64


@dataclass(frozen=True)
class Counter:
    """A launcher as one visitor has it: what is started waits in the queue under this visitor's name."""

    launcher: Launcher
    visitor: str

    def start_together(self, processes: Sequence[Sequence[Run]]) -> None:
        """As the launcher's."""
        self.launcher.start_together(processes, visitor=self.visitor)


class Work(Protocol):
    """Something that a visit has started: a pair, a study, an audit."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""

    def cancel(self) -> None:
        """Stop what runs or waits."""


Starting = Callable[["Visit", int], contextlib.AbstractContextManager[None]]


class Visit:
    """What one visitor has in progress, and its results: at most one pair, one matrix for each way of running again,
    one series of seeds, one audit, and the proof that the fix of an audited script repeats; `tried` has the pairs
    before.

    `changes` counts what was started: a page that was drawn before such a change is to be drawn anew; `pairs` how many
    of these were pairs. `left`: whether runs were stopped because nobody looked. `address`: where the visitor connects
    from, "" if not known. `starting` checks what is about to start against the server's bounds; it is called with the
    visit and the number of steps that will be kept.
    """

    def __init__(
        self,
        launcher: Launcher,
        limits: Limits = LIMITS,
        address: str = "",
        starting: "Starting | None" = None,
    ) -> None:
        self.address = address
        self._starting = starting or (lambda *_: contextlib.nullcontext())
        self.token = secrets.token_urlsafe(16)
        self.name = hashlib.sha256(self.token.encode()).hexdigest()[:8]
        self.pair: Pair | None = None
        self.tried: deque[Tried] = deque(maxlen=MAX_TRIED)
        self.matrices: dict[str, Matrix] = {}
        self.seeds: Seeds | None = None
        self.verification: tuple[str, Pair] | None = None
        self.audit: BackgroundAudit | None = None
        self.proof: BackgroundAudit | None = None
        self.changes = 0
        self.pairs = 0
        self.left = False
        self.seen = time.monotonic()
        self._limits = limits
        self._counter = Counter(launcher, self.name)
        self._lock = threading.Lock()

    @property
    def place(self) -> Place | None:
        """Where this visitor waits in the queue; None if it does not, or if one of its runs is in progress."""
        return self._counter.launcher.queue.place(self.name)

    @property
    def others_wait(self) -> bool:
        """Whether other visitors wait in the queue."""
        return self._counter.launcher.queue.others_wait(self.name)

    @property
    def pairs_kept(self) -> list[Pair]:
        """That of the page, and the one that a record is compared with."""
        return [pair for pair in (self.pair, self.verification and self.verification[1]) if pair is not None]

    @property
    def audits(self) -> list[BackgroundAudit]:
        """The audit, and the proof."""
        return [one for one in (self.audit, self.proof) if one is not None]

    @property
    def studies(self) -> list[Study]:
        """Those of the matrices, and of the seeds."""
        series = [] if self.seeds is None else [self.seeds.study]
        return [*(matrix.study for matrix in list(self.matrices.values())), *series]

    @property
    def work(self) -> list[Work]:
        """All that was started and is kept."""
        return [*self.pairs_kept, *self.audits, *self.studies]

    @property
    def pair_running(self) -> bool:
        """Whether a pair runs or waits: that of the page, or one that a record is compared with."""
        return any(not pair.ended for pair in self.pairs_kept)

    @property
    def verifying(self) -> bool:
        """Whether the pair that a record is compared with runs or waits."""
        return self.verification is not None and not self.verification[1].ended

    @property
    def running(self) -> bool:
        """Whether anything runs or waits."""
        return any(not one.ended for one in self.work)

    @property
    def audit_running(self) -> bool:
        """Whether an audit, or a proof, runs or waits."""
        return any(not one.ended for one in self.audits)

    def seconds_left(self, studies: Sequence[Study]) -> float:
        """About how many seconds pass until all of `studies` have ended."""
        tasks = {task for study in studies for _, task in study.pending}
        return self._counter.launcher.queue.seconds_left(tasks)

    def seconds_needed(self, experiment: Experiment, runs: int) -> float:
        """About how many seconds that many runs of `experiment` take, if nobody else trains."""
        launcher = self._counter.launcher
        return launcher.seconds(experiment) * -(-runs // launcher.queue.at_once)

    def saw(self) -> None:
        """Notes that somebody looks at the page of this visit."""
        self.seen = time.monotonic()

    def train(self, experiment: Experiment, twist: str) -> None:
        """Starts a pair, with a control run unless the last pair can show as much; in place of the last one, which is
        stopped if it is in progress, and remembered in `tried`. Nothing if a record is being compared. InputError, of
        one line, if there can be no such twist; QueueFullError."""
        with self._lock:
            if self.verifying:
                return
            apply_twist(experiment, twist)  # refused before anything is stopped
            last = self.pair
            runs = 2 if twist == TWIST.default else 3
            with self._starting(self, runs * experiment.total_steps):
                if last is not None:
                    last.cancel()
                self.pair = Pair.start(self._counter, experiment, twist, control=True, earlier=last)
            if last is not None and (tried := Tried.of(last)) is not None:
                self.tried.append(tried)
            self.pairs += 1
            self._changed()

    def verify(self, digest: str, theirs: Saved) -> None:
        """Starts the pair of the record with this SHA-256 here; otherwise as `train`."""
        with self._lock:
            if not self.pair_running:
                with self._starting(self, 2 * theirs.experiment.total_steps):
                    self.verification = digest, Pair.start(self._counter, theirs.experiment, theirs.twist)
                self._changed()

    def try_combinations(self, experiment: Experiment, reruns: Sequence[str], repeats: int) -> None:
        """Starts a matrix for each way of running again, unless one is in progress. InputError, of one line, if its
        values are not allowed."""
        with self._lock:
            if all(matrix.study.ended for matrix in self.matrices.values()):
                with self._starting(self, experiment.total_steps):
                    for rerun in reruns:
                        self.matrices[rerun] = Matrix(self._executor(), experiment, rerun=rerun, repeats=repeats)
                self._changed()

    def try_seeds(self, experiment: Experiment, count: int) -> None:
        """Starts a series of seeds, unless one is in progress. InputError, of one line, if `count` is not allowed."""
        with self._lock:
            if self.seeds is None or self.seeds.study.ended:
                with self._starting(self, experiment.total_steps):
                    self.seeds = Seeds(self._executor(), experiment, count=count)
                self._changed()

    def start_audit(self, script: Offered, *, causes: bool, arguments: str | None = None) -> None:
        """Starts the audit of a script, unless one is in progress. InputError, of one line, if the script or its
        `arguments` cannot be read."""
        with self._lock:
            if not self.audit_running:
                with self._starting(self, 0):
                    self.audit = self._in_background(script, causes=causes, arguments=arguments)
                    self.proof = None
                self._changed()

    def prove(self, script: Offered) -> None:
        """Runs a script of the gallery twice with its fix in place, unless something is audited."""
        with self._lock:
            if not self.audit_running and script.exhibit is not None and script.exhibit.fixed is not None:
                with self._starting(self, 0):
                    self.proof = self._in_background(script, causes=False, code=script.exhibit.fixed)
                self._changed()

    def _in_background(
        self, script: Offered, *, causes: bool, arguments: str | None = None, code: str | None = None
    ) -> BackgroundAudit:
        return BackgroundAudit(
            script,
            self._counter.launcher.queue,
            self.name,
            causes=causes,
            seconds=self._limits.seconds_of_a_script,
            arguments=arguments,
            code=code,
        )

    def cancel_audit(self) -> None:
        """Stops the audit, or the proof, that runs or waits."""
        for audit in self.audits:
            audit.cancel()

    def cancel_pairs(self) -> None:
        """Stops the pair that runs or waits."""
        for pair in self.pairs_kept:
            pair.cancel()

    def cancel(self) -> None:
        """Stops all that runs or waits."""
        for one in self.work:
            one.cancel()

    @property
    def size(self) -> int:
        """How many bytes what is kept of its runs takes, or will take; of a study's runs only the outcomes are kept."""
        runs = [run for pair in self.pairs_kept for run in pair.runs]
        return STEP_BYTES * sum(run.history.experiment.total_steps for run in runs)

    def forget(self) -> None:
        """Drops all that ended here."""
        self.pair, self.matrices, self.seeds, self.verification = None, {}, None, None
        self.audit = self.proof = None
        self.tried.clear()
        self.changes = 0

    def _executor(self) -> Local:
        return Local(self._counter.launcher, self.name)

    def _changed(self) -> None:
        self.changes += 1
        self.left = False
        self.saw()


class Visits:
    """All visits of a server. One that nobody looks at is stopped after a while, and forgotten after a longer one,
    unless a page still holds it."""

    def __init__(self, launcher: Launcher, *, limits: Limits = LIMITS) -> None:
        self.launcher = launcher
        self.guesses = Guesses()
        self._limits = limits
        self._known: weakref.WeakValueDictionary[str, Visit] = weakref.WeakValueDictionary()
        self._kept: dict[str, Visit] = {}
        self._lock = threading.Lock()
        self._bounding = threading.Lock()  # visits that start at the same moment are held to the bounds one by one
        self._closed = threading.Event()
        threading.Thread(target=self._look, daemon=True).start()

    def new(self, address: str = "") -> Visit:
        """A visit, from this network address, that has started nothing yet. It is found again while a page holds it,
        and once it is kept."""
        visit = Visit(self.launcher, self._limits, address, self._starting)
        with self._lock:
            self._known[visit.token] = visit
        return visit

    def keep(self, visit: Visit) -> None:
        """Lets `visit` be found again by its token."""
        with self._lock:
            self._known[visit.token] = self._kept[visit.token] = visit

    def find(self, token: str) -> Visit | None:
        """The visit with this token, if it is not forgotten."""
        with self._lock:
            visit = self._known.get(token)
            if visit is not None:
                visit.saw()
                if visit.changes:
                    self._kept[token] = visit
            return visit

    @property
    def kept(self) -> list[Visit]:
        """Those that are kept now."""
        with self._lock:
            return list(self._kept.values())

    @contextlib.contextmanager
    def _starting(self, visit: Visit, steps: int) -> Iterator[None]:
        """Lets `visit` start something of which `steps` training steps will be kept. QueueFullError if too many
        visitors from its address wait. ServerFullError if too much is kept, and no visit can be forgotten for it: of
        those that nobody has looked at for a while, the one that was seen last is kept longest."""
        with self._bounding:
            self._count_address(visit)
            self._make_room(visit, steps)
            yield
            with self._lock:
                self._known[visit.token] = visit

    def _count_address(self, visit: Visit) -> None:
        queue, most = self.launcher.queue, self._limits.waiting_of_an_address
        waiting = {task.visitor for task in queue.waiting()}
        if not visit.address or visit.name in waiting | {task.visitor for task in queue.running()}:
            return
        neighbours = sum(other.address == visit.address and other.name in waiting for other in self._all())
        if neighbours >= most:
            raise QueueFullError(f"{neighbours} visitors from your network address wait already. Try again later")

    def _make_room(self, visit: Visit, steps: int) -> None:
        now = time.monotonic()
        others = [other for other in self._all() if other is not visit and other.changes]
        closed = [other for other in others if now - other.seen > self._limits.seconds_unseen and not other.running]
        closed.sort(key=lambda other: other.seen)
        left, size = len(others), STEP_BYTES * steps + sum(other.size for other in others)
        while left >= self._limits.visits_kept or size > self._limits.megabytes_kept * MEGABYTE:
            if not closed:
                raise ServerFullError(
                    f"the server keeps the runs of {left} visitors, {(size - STEP_BYTES * steps) / MEGABYTE:.0f} MB,"
                    f" and may keep {self._limits.visits_kept}, {self._limits.megabytes_kept} MB, in all. Ask for fewer"
                    " steps, or try again later"
                )
            oldest = closed.pop(0)
            left, size = left - 1, size - oldest.size
            with self._lock:
                self._kept.pop(oldest.token, None)
                self._known.pop(oldest.token, None)
            oldest.forget()

    def _all(self) -> list[Visit]:
        """The visits that are kept, and those that a page still holds."""
        with self._lock:
            return list(self._known.values())

    def close(self) -> None:
        """Stops everything."""
        self._closed.set()
        self.launcher.close()

    def _look(self) -> None:
        tidied = thawed = time.monotonic()
        while not self._closed.wait(POLL_INTERVAL):
            try:
                self._stop_and_forget()
            except Exception:  # noqa: BLE001 — the log has it
                LOG.exception("The search for visits without a page failed; it will be repeated")
            if time.monotonic() - tidied > TIDY_SECONDS:
                # Of each visitor who has left, Streamlit keeps an event loop with its descriptors until garbage is
                # collected. Left to itself, Python may do that after thousands of visitors.
                if time.monotonic() - thawed > THAW_SECONDS and gc.get_freeze_count():
                    gc.unfreeze()  # pages that were open when the modules were frozen would stay for ever
                    gc.collect()
                    gc.freeze()
                    thawed = time.monotonic()
                gc.collect()
                tidied = time.monotonic()

    def _stop_and_forget(self) -> None:
        now = time.monotonic()
        for visit in self.kept:
            unseen = now - visit.seen
            if unseen > self._limits.seconds_unseen and visit.running:
                visit.left = True
                visit.cancel()
            if unseen > self._limits.seconds_kept:
                with self._lock:
                    self._kept.pop(visit.token, None)
