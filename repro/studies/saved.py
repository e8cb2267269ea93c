"""A pair as a file: everything that its runs told, written as JSON, and read back without trusting it in anything.

The file is one JSON object: `format`, `version`, `twist`, `repeats`, the `events` of run A and run B as the README
lists them, the `verdict` as `compare --json` prints it, and the SHA-256 of all the rest.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from repro.experiment.conditions import UNTOUCHED
from repro.experiment.errors import RecordError, ReproError
from repro.experiment.experiment import Experiment
from repro.experiment.twists import parse_twist
from repro.records.events import NOT_FINITE, Event, plain
from repro.records.history import History
from repro.verdicts.report import comparison_json
from repro.verdicts.verdict import compare

FORMAT, VERSION = "which seed matters", 1
MOST_BYTES = 20 * 2**20
MOST_STEPS = 150_000  # of a run: each step takes at most 66 bytes in its run's events, so both fit into MOST_BYTES
FIELDS = {"format", "version", "twist", "repeats", "a", "b", "verdict", "sha256"}
MOVED = {"row", "column", "unit", "before", "after"}
MOST_ROWS = 50  # of an environment
DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Saved:
    """A finished pair: run B carried `twist`; `repeats` is whether the machine repeated run A untouched, None where
    that is not known."""

    twist: str
    a: History
    b: History
    repeats: bool | None = None

    @property
    def experiment(self) -> Experiment:
        """Run A's."""
        return self.a.experiment


def write(saved: Saved) -> str:
    """The file of a finished pair; RecordError, of one line, where it has too many steps for one."""
    check(saved.experiment)
    content = {
        "format": FORMAT,
        "version": VERSION,
        "twist": saved.twist,
        "repeats": saved.repeats,
        "a": _events(saved.a),
        "b": _events(saved.b),
        "verdict": comparison_json(compare(saved.a, saved.b), saved.a, saved.b),
    }
    return _compact(content | {"sha256": _checksum(content)})


def check(experiment: Experiment) -> None:
    """Raises RecordError, of one line, where pairs of `experiment` are too long for a file that could be read again."""
    if experiment.total_steps > MOST_STEPS:
        raise RecordError(f"a record holds at most {MOST_STEPS:,} steps a run, and this has {experiment.total_steps:,}")


def read(data: bytes) -> Saved:
    """The pair in a file's bytes; RecordError, of one line, where it is anything but what `write` makes."""
    if len(data) > MOST_BYTES:
        raise RecordError("this record cannot be opened: it is larger than 20 MB")
    try:
        content = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise RecordError("this record cannot be opened: it is not JSON in UTF-8, or not whole") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise RecordError("this record cannot be opened: it is no record of this program")
    if content.get("version") != VERSION:
        raise RecordError(f"this record cannot be opened: it is not of version {VERSION}, which this program writes")
    try:
        return _checked(content)
    except (ReproError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError):
        raise RecordError(
            "this record cannot be opened: it is damaged, was changed by hand, or goes beyond the limits here"
        ) from None


def metrics_csv(saved: Saved) -> str:
    """Every step of both runs as CSV: run, step from 0, loss and accuracy to the last digit, and the fingerprints."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["run", "step", "loss", "accuracy", "batch", "weights"])
    for name, run in (("A", saved.a), ("B", saved.b)):
        steps = (plain(getattr(run, quantity)) for quantity in ("loss", "accuracy", "batch", "weights"))
        rows.writerows([name, step, *values] for step, values in enumerate(zip(*steps, strict=True)))
    return text.getvalue()


def _events(record: History) -> list[Event]:
    """What the run of a finished record has told, its steps in one event."""
    moved = {} if record.moved is None else {"moved": record.moved}
    steps = {name: getattr(record, name) for name in ("loss", "accuracy", "batch", "weights")}
    events = [
        {"event": "started", "experiment": record.experiment.to_json(), "environment": record.environment},
        {"event": "initialized", "initial_weights": record.initial_weights} | moved,
        {"event": "steps", "first": 0} | steps,
        *({"event": "epoch"} | vars(epoch) for epoch in record.epochs),
        {
            "event": "finished",
            "batch_order": record.batch_order,
            "final_weights": record.final_weights,
            "predictions": record.predictions,
            "training_seconds": record.training_seconds,
        },
    ]
    return [plain(event) for event in events]


def _checked(content: dict[str, Any]) -> Saved:
    """The pair in a file's content; any of several exceptions where it is not exactly what was written."""
    _require(set(content) == FIELDS)
    _require(content["sha256"] == _checksum({name: value for name, value in content.items() if name != "sha256"}))
    _require(content["repeats"] in (None, True, False))
    twist, number = parse_twist(content["twist"])
    a, b = (_run(content[name]) for name in ("a", "b"))
    _require(a.experiment.conditions == UNTOUCHED and b.experiment == twist.change(a.experiment, number))
    found = Saved(content["twist"], a, b, content["repeats"])
    _require(_compact(content) == write(found))  # nothing more, nothing else, and the verdict follows from the runs
    return found


def _run(events: list[Event]) -> History:
    """The finished record of a run that told `events`."""
    started, initialized, steps, *epochs, finished = events
    record = History(Experiment.from_json(started["experiment"]))
    _require(all(DIGEST.fullmatch(event[name]) for event, name in (
        (initialized, "initial_weights"), (finished, "batch_order"), (finished, "final_weights")
    )))  # fmt: skip
    _require(len(started["environment"]) <= MOST_ROWS)
    _require(all(_is_text(text) for item in started["environment"].items() for text in item))
    _require(all(type(value) is int and 0 <= value < 2**53 for name in ("batch", "weights") for value in steps[name]))
    _require(_are_numbers(steps["loss"]) and _are_numbers(steps["accuracy"]))
    moved = initialized.get("moved", {})
    _require(set(moved) == (MOVED if record.experiment.conditions.one_bit else set()))
    _require(_are_numbers([finished["training_seconds"], *moved.values()]))
    _require(re.fullmatch(r"[0-9]{10000}", finished["predictions"]))
    for event in events:
        record.add(event)
    _require(record.finished and record.steps_done == record.experiment.total_steps)
    _require([epoch.epoch for epoch in record.epochs] == list(range(1, record.experiment.epochs + 1)))
    _require(_are_numbers(value for epoch in epochs for name, value in epoch.items() if name != "event"))
    return record


def _are_numbers(values: Iterable[object]) -> bool:
    return all(
        abs(value) < 2**128 if isinstance(value, int | float) else value in NOT_FINITE.values() for value in values
    )


def _is_text(text: object) -> bool:
    return isinstance(text, str) and text.isprintable() and len(text) <= 300


def _require(condition: object) -> None:
    if not condition:
        raise RecordError("not as it was written")


def _no_constant(name: str) -> float:
    raise RecordError(name)


def _checksum(content: dict[str, Any]) -> str:
    return hashlib.sha256(_compact(content).encode()).hexdigest()


def _compact(content: dict[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":"), allow_nan=False)
