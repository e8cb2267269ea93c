"""A pair as a file: everything that its runs reported, written as JSON, and read back without trusting it in anything.

The file is one JSON object without spaces: `format`, `version`, `twist`, `control`, how `fingerprints` are made, the
events of run A and of run B as `train --json` prints them, those of steps in one, the `verdict` on them, and at the end
the SHA-256 of all before it. Each version has its reader; what was added to experiments later has its default in older
files. A reader accepts a file that fits its schema, whose verdict is the one that its runs give, and in which run B is
what the twist makes of run A.
"""

import csv
import functools
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from repro.experiment.conditions import DEFAULT_CONDITIONS
from repro.experiment.errors import RecordError, ReproError
from repro.experiment.experiment import Experiment
from repro.experiment.twists import parse_twist
from repro.history.events import NAN, NOT_FINITE, plain
from repro.history.history import FINGERPRINTS, STEPS, History
from repro.records.untrusted import NUMBERS_AT_ONCE, Number, UntrustedError, parse
from repro.verdicts.control import Control
from repro.verdicts.verdict import compare, units_apart

FORMAT, VERSION = "which seed matters", 3
MAX_BYTES = 20 * 2**20
# Of a run: each step takes at most 67 bytes in its run's events, with dropout 84, so both runs fit into MAX_BYTES.
MAX_STEPS, MAX_STEPS_WITH_MASKS = 150_000, 115_000
KINDS = ("started", "initialized", "steps", "finished")  # of events that each run has once
Lists = list[list[Number]]
SIGNED = re.compile(rb'(.*),"sha256":"([0-9a-f]{64})"\}\s*', re.DOTALL)


@dataclass(frozen=True)
class Saved:
    """A finished pair: run B carried `twist`; `control` is what the control run had shown when it was saved."""

    twist: str
    a: History
    b: History
    control: Control = field(default_factory=Control)

    @property
    def experiment(self) -> Experiment:
        """Run A's."""
        return self.a.experiment


def write(saved: Saved) -> str:
    """The file of a finished pair; RecordError, of one line, if it has too many steps for one."""
    check(saved.experiment)
    head = {
        "format": FORMAT,
        "version": VERSION,
        "twist": saved.twist,
        "control": saved.control.to_json(),
        "fingerprints": saved.a.fingerprints,
    }
    runs = ",".join(f'"{name}":[{",".join(_events(run))}]' for name, run in (("a", saved.a), ("b", saved.b)))
    text = f'{_dumps(head)[:-1]},{runs},"verdict":{_dumps(_verdict(saved.a, saved.b))}}}'
    return f'{text[:-1]},"sha256":"{hashlib.sha256(text.encode()).hexdigest()}"}}'


def check(experiment: Experiment) -> None:
    """Raise RecordError, of one line, if pairs of `experiment` are too long for a file that could be read again."""
    steps, most = experiment.total_steps, MAX_STEPS_WITH_MASKS if experiment.dropout else MAX_STEPS
    if steps > most:
        raise RecordError(f"a record holds at most {most:,} steps a run, and this has {steps:,}")


def read(data: bytes) -> Saved:
    """The pair in a file's bytes; RecordError, of one line, if it is anything but what `write` makes or has made.
    Other threads run meanwhile, however large the file is."""
    try:
        if len(data) > MAX_BYTES:
            raise RecordError("it is larger than 20 MB")
        content, lists = _parse(data)
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise RecordError("it is not a record of this program")
        version = content.get("version")
        if type(version) is not int or version not in READERS:
            *known, newest = map(str, READERS)
            raise RecordError(
                f"its version is not one of those that this program reads, {', '.join(known)} and {newest}"
            )
        signed = SIGNED.fullmatch(data)
        if signed is None or hashlib.sha256(signed[1] + b"}").hexdigest().encode() != signed[2]:
            raise RecordError("it is damaged, or was changed by hand: its SHA-256 does not fit")
        return READERS[version](content, lists)
    except RecordError as error:
        raise RecordError(f"this record cannot be opened: {error}") from None


def metrics_csv(saved: Saved) -> str:
    """Every step of both runs as CSV: run, step from 0, loss and accuracy to the last digit, and the fingerprints."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    lists = _lists(saved.a)
    rows.writerow(["run", "step", *lists])
    for name, run in (("A", saved.a), ("B", saved.b)):
        steps = (plain(getattr(run, quantity)) for quantity in lists)
        rows.writerows([name, step, *values] for step, values in enumerate(zip(*steps, strict=True)))
    return text.getvalue()


def _events(history: History) -> list[str]:
    """The events of a finished run as JSON, its steps in one event."""
    moved = {} if history.moved is None else {"moved": history.moved}
    masks = {} if history.dropout_masks is None else {"dropout_masks": history.dropout_masks}
    steps = ",".join(f'"{name}":[{_numbers(getattr(history, name))}]' for name in _lists(history))
    events = [
        {"event": "started", "experiment": history.experiment.to_json(), "environment": history.environment},
        {"event": "initialized", "initial_weights": history.initial_weights} | moved,
        *({"event": "epoch"} | vars(epoch) for epoch in history.epochs),
        {
            "event": "finished",
            "batch_order": history.batch_order,
            "final_weights": history.final_weights,
            "predictions": history.predictions,
            "training_seconds": history.training_seconds,
        }
        | masks,
    ]
    started, initialized, *rest = (_dumps(plain(event)) for event in events)
    return [started, initialized, f'{{"event":"steps","first":0,{steps}}}', *rest]


def _lists(history: History) -> tuple[str, ...]:
    """What each step reported: the lists of the event of steps."""
    return STEPS if history.masks is None else (*STEPS, "masks")


def _numbers(values: np.ndarray) -> str:
    """The elements of a JSON list, written some thousand at a time: other threads run in between."""
    portions = (values[start : start + NUMBERS_AT_ONCE] for start in range(0, len(values), NUMBERS_AT_ONCE))
    return ",".join(_dumps(plain(portion))[1:-1] for portion in portions)


def _dumps(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _verdict(a: History, b: History) -> dict[str, Any]:
    """The verdict as a file has it, in fields of the file's own."""
    verdict = compare(a, b)
    first = verdict.first
    return {
        "identical": verdict.identical,
        "first_difference": first and {"step": first.step, "quantity": first.quantity},
        "first_loss_difference": verdict.first_loss_difference,
        "largest_loss_difference": plain(verdict.largest_loss_difference),
        "test_disagreements": verdict.test_disagreements,
    }


def _parse(data: bytes) -> tuple[Any, Lists]:
    try:
        return parse(data, (*STEPS, "masks"))
    except UntrustedError as error:
        if "JSON" in str(error):
            raise RecordError("it is not JSON in UTF-8, or is truncated") from None
        raise RecordError("it holds more than a record of this program can") from None


def _read(version: int, content: dict[str, Any], lists: Lists) -> Saved:
    """The pair in the content of a file of `version`, whose long lists are in `lists`."""
    refusal = RecordError("it is damaged, was changed by hand, or goes beyond the limits here")
    pair = content | {name: _by_kind(content.get(name)) for name in "ab"}
    if not _validator(version).is_valid(pair):
        raise refusal
    try:
        twist, number = parse_twist(content["twist"])
        fingerprints = content.get("fingerprints", 1)
        a, b = (_run(pair[name], lists, fingerprints) for name in "ab")
        places = [pair[name]["steps"][kind] for name in "ab" for kind in _lists_in(pair[name]["steps"])]
        _require(sorted(places) == list(range(len(lists))))
        _require(a.experiment.conditions == DEFAULT_CONDITIONS)
        _require(twist.change is not None and b.experiment == twist.change(a.experiment, number))
        _require(content["verdict"].items() >= _verdict(a, b).items())
        control = Control.of_repeats(content["repeats"]) if version == 1 else Control.from_json(content["control"])
        _require(max(control.steps_compared, *control.first_differences.values(), 0) <= a.experiment.total_steps)
    except (ReproError, ValueError, TypeError, IndexError, OverflowError):
        raise refusal from None
    return Saved(content["twist"], a, b, control)


def _by_kind(events: Any) -> Any:
    """A run's events by their kinds, those of epochs in a list; None if they are fewer."""
    if not isinstance(events, list) or len(events) < len(KINDS):
        return None
    started, initialized, steps, *epochs, finished = events
    return {"started": started, "initialized": initialized, "steps": steps, "epochs": epochs, "finished": finished}


def _run(events: dict[str, Any], lists: Lists, fingerprints: int) -> History:
    """The finished run that reported `events`, which fit the schema."""
    started, steps = events["started"], events["steps"]
    history = History(_experiment(started["experiment"]), fingerprints=fingerprints)
    _require(all(_is_text(text) for item in started["environment"].items() for text in item))
    values = {name: lists[steps[name]] for name in _lists_in(steps)}
    _require("masks" not in steps or history.experiment.dropout)
    _require(all(len(value) == history.experiment.total_steps for value in values.values()))
    fingerprinted = values.keys() - {"loss", "accuracy"}
    _require(all(type(value) is int and 0 <= value < 2**53 for name in fingerprinted for value in values[name]))
    _require(_are_numbers(values["loss"]) and _are_numbers(values["accuracy"]))
    _require(("moved" in events["initialized"]) == history.experiment.conditions.one_bit)
    moved = events["initialized"].get("moved")
    _require(moved is None or _are_neighbours(moved["before"], moved["after"]))
    _require("dropout_masks" not in events["finished"] or history.experiment.dropout)
    for event in (started, events["initialized"], steps | values, *events["epochs"], events["finished"]):
        history.add(event)
    _require([epoch.epoch for epoch in history.epochs] == list(range(1, history.experiment.epochs + 1)))
    return history


def _lists_in(steps: dict[str, Any]) -> list[str]:
    """Of an event of steps that fits the schema the fields that hold a list."""
    return [name for name in (*STEPS, "masks") if name in steps]


def _are_neighbours(before: Number, after: Number) -> bool:
    """Whether two float32 values are finite and one unit in the last place apart."""
    if isinstance(before, str) or isinstance(after, str):
        return False
    return int(units_apart(np.array([before], np.float32), np.array([after], np.float32))[0]) == 1


def _experiment(values: dict[str, Any]) -> Experiment:
    """The experiment in a file; what was added to experiments since has its default."""
    new = Experiment().to_json()
    return Experiment.from_json(new | values | {"conditions": new["conditions"] | values["conditions"]})


def _are_numbers(values: Iterable[Number]) -> bool:
    return all(
        (value in NOT_FINITE.values() or NAN.fullmatch(value) is not None)
        if isinstance(value, str)
        else type(value) is not bool and abs(value) < 2**128
        for value in values
    )


def _is_text(text: object) -> bool:
    return isinstance(text, str) and text.isprintable() and len(text) <= 300


def _require(condition: object) -> None:
    if not condition:
        raise ValueError


def _object(fields: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """The schema of an object that must have `fields`, may have those that are `optional`, and has no others."""
    properties = fields | (optional or {})
    return {"type": "object", "required": list(fields), "properties": properties, "additionalProperties": False}


def _event(kind: str, fields: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return _object({"event": {"const": kind}} | fields, optional)


@functools.cache
def _validator(version: int) -> Any:
    """The JSON schema of a file of `version`, its runs' events by kind, and each long list its place in the file."""
    # Here, because reading a record is all that needs it. It comes with Altair, which requires it.
    import jsonschema  # type: ignore[import-untyped]

    digest = {"type": "string", "pattern": r"^[0-9a-f]{64}\Z"}
    real = {"type": "number", "exclusiveMinimum": -(2**128), "exclusiveMaximum": 2**128}
    number = {"anyOf": [real, {"enum": list(NOT_FINITE.values())}, {"type": "string", "pattern": rf"^{NAN.pattern}\Z"}]}
    count = {"type": "integer", "minimum": 0}
    settings = ("program", "seed", "steps", "epochs", "batch_size", "images", "hidden", "learning_rate", "dropout")
    conditions = {"type": "object", "required": ["threads", "xla", "determinism", "one_bit", "onednn", "instructions"]}
    experiment = {
        "type": "object",
        "required": [*settings, "conditions"],
        "properties": {"conditions": conditions},
    }
    moved = dict.fromkeys(("row", "column", "unit"), count) | dict.fromkeys(("before", "after"), number)
    figures = dict.fromkeys(("loss", "accuracy", "test_loss", "test_accuracy"), number)
    epoch_weights = {} if version == 1 else {"epoch_weights": {"anyOf": [digest, {"type": "null"}]}}
    run = _object(
        {
            "started": _event(
                "started", {"experiment": experiment, "environment": {"type": "object", "maxProperties": 50}}
            ),
            "initialized": _event("initialized", {"initial_weights": digest}, {"moved": _object(moved)}),
            "steps": _event(
                "steps",
                {"first": {"const": 0}} | dict.fromkeys(STEPS, count),
                {} if version < 3 else {"masks": count},
            ),
            "epochs": {"type": "array", "items": _event("epoch", {"epoch": count} | figures | epoch_weights)},
            "finished": _event(
                "finished",
                {
                    "batch_order": digest,
                    "final_weights": digest,
                    "predictions": {"type": "string", "pattern": r"^[0-9]{10000}\Z"},
                    "training_seconds": number,
                },
                {} if version == 1 else {"dropout_masks": digest},
            ),
        }
    )
    file = {
        "format": {"const": FORMAT},
        "version": {"const": version},
        "twist": {"type": "string"},
        "a": run,
        "b": run,
        "verdict": {"type": "object"},
        "sha256": digest,
    }
    if version == 1:
        file["repeats"] = {"type": ["boolean", "null"]}
    else:
        file["control"] = {"type": "object"}
        file["fingerprints"] = {"enum": list(range(1, FINGERPRINTS + 1))}
    return jsonschema.Draft202012Validator(_object(file))


READERS: dict[int, Callable[[dict[str, Any], Lists], Saved]] = {
    version: functools.partial(_read, version) for version in range(1, VERSION + 1)
}
