"""Kills at every stage of a run's start: `python tests/bench/starts.py [ROUNDS]` prints what became of the runs.

A round starts a pair and kills the process of one run, or the template, when the run reaches a stage: when its process
is asked for, once it is forked, once the run has begun, and after its first steps. Whatever is killed, both runs must
end in time: a killed one in words, any other at its end, and two that reach it alike. `--real` trains in TensorFlow;
otherwise the program is made up. Linux only.
"""

import argparse
import itertools
import os
import signal
import statistics
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import made_up

from repro.engine import processes
from repro.engine.launcher import Launcher
from repro.engine.run import Run
from repro.experiment.experiment import Experiment
from repro.experiment.limits import LIMITS
from repro.history.state import State
from repro.verdicts.verdict import compare

STAGES = ("asked for", "forked", "begun", "first steps")
VICTIMS = ("run", "template")
TIMEOUT = 60.0  # seconds; a run that hangs takes 120, and says so
KILLED = ("signal 9", "exited unexpectedly")  # what a run that was killed says, alone or with its template
EXPERIMENT = Experiment(images=3200, epochs=1)


def reached(stage: str, run: Run, launcher: Launcher) -> bool:
    """Whether `run` is at `stage`, or beyond."""
    if stage == "asked for":
        return run.state is not State.WAITING
    if stage == "forked":
        return process_of(launcher) is not None or run.ended
    return run.history.steps_done > 0 or run.ended if stage == "first steps" else run.state is not State.STARTING


def process_of(launcher: Launcher) -> int | None:
    """The process id of the oldest run that the template has forked, if there is one, and if there is a template."""
    newest = list(launcher._templates)[-1:]
    children = [child.process for template in newest for child in list(template._children.values()) if child.process]
    return children[0] if children else None


def kill(victim: str, launcher: Launcher) -> bool:
    """Kills a process; whether there was one."""
    process = launcher.template if victim == "template" else process_of(launcher)
    if process is not None:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
            return True
    return False


def outcome(run: Run) -> str:
    """What became of a run, in a word or two."""
    if run.finished:
        return "finished"
    words = run.failure or run.activity
    return next((short for short in KILLED if short in words), words)


def wrong(runs: list[Run], victim: str, killed: bool) -> str:
    """What is wrong with how two seeded runs ended, of which at most one was killed, or their template; or nothing."""
    outcomes = [outcome(run) for run in runs]
    if any(words not in ("finished", *KILLED) for words in outcomes):
        return f"ended otherwise: {outcomes}"
    if outcomes != ["finished"] * 2:
        allowed = 2 if victim == "template" else 1
        failed = sum(words != "finished" for words in outcomes)
        return "" if killed and failed <= allowed else f"ended though it was not killed: {outcomes}"
    verdict = compare(runs[0].history, runs[1].history)
    return "" if verdict.identical else f"no identical verdict: {verdict.first}"


def main() -> None:
    """Prints a row for each stage and victim."""
    parser = argparse.ArgumentParser(description="Kills runs and templates at every stage of a start.")
    parser.add_argument("rounds", nargs="?", type=int, default=50, help="of each stage and victim")
    parser.add_argument("--real", action="store_true", help="train in TensorFlow")
    parser.add_argument("--patience", type=float, default=TIMEOUT, help="seconds that a round may take")
    options = parser.parse_args()
    if not options.real:
        processes.WORKER = made_up.WORKER
    late = bad = 0
    print("| stage | killed | rounds | killed in time | outcomes of both runs | longest, s | median, s |")
    print("|---|---|---|---|---|---|---|")
    with Launcher(limits=replace(LIMITS, runs_at_once=2)) as launcher:
        for stage, victim in itertools.product(STAGES, VICTIMS):
            if (stage, victim) == (STAGES[0], VICTIMS[0]):
                continue  # there is no process yet
            outcomes: Counter[str] = Counter()
            seconds, killed = [], 0
            for _ in range(options.rounds):
                began = time.monotonic()
                runs = [launcher.start(EXPERIMENT) for _ in "AB"]
                while not reached(stage, runs[0], launcher):
                    time.sleep(0.0005)
                hit = kill(victim, launcher)
                killed += hit
                in_time = [run.join(max(began + options.patience - time.monotonic(), 0)) for run in runs]
                complaint = wrong(runs, victim, hit) if all(in_time) else ""
                if complaint:
                    bad += 1
                    print(f"{stage}, {victim} killed: {complaint}", file=sys.stderr)
                for run, ended in zip(runs, in_time, strict=True):
                    if not ended:
                        late += 1
                        print(f"{stage}, {victim} killed: late: {run.state} {run.activity}", file=sys.stderr)
                        run.cancel()
                outcomes.update(map(outcome, runs))
                seconds.append(time.monotonic() - began)
            told = ", ".join(f"{count} {words}" for words, count in outcomes.most_common())
            longest, median = max(seconds), statistics.median(seconds)
            print(
                f"| {stage} | {victim} | {options.rounds} | {killed} | {told} | {longest:.1f} | {median:.1f} |",
                flush=True,
            )
    print(f"\nRuns that had not ended after {options.patience:.0f} s: {late}. Rounds that ended wrongly: {bad}")
    sys.exit(bool(late or bad))


if __name__ == "__main__":
    main()
