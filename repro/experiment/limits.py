"""What this installation allows: limits that no visitor can pass, each of which its operator may set.

`REPRO_EPOCHS=10 streamlit run app.py` sets `epochs`, and so on. Workers read the same variables.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields

from repro.experiment.errors import InputError, LimitError
from repro.experiment.kinds import WholeNumber
from repro.experiment.machine import cores

PREFIX = "REPRO_"
OLDER_NAMES = {"queue_length": "line_length"}  # read until version 2
KINDS = {
    "runs_at_once": WholeNumber(1, 256),
    "queue_length": WholeNumber(1, 10_000),
    "waiting_of_an_address": WholeNumber(1, 10_000),
    "seconds_unseen": WholeNumber(5, 86_400),
    "seconds_without_progress": WholeNumber(5, 86_400),
    "seconds_while_others_wait": WholeNumber(5, 86_400),
    "seconds_kept": WholeNumber(60, 604_800),
    "seconds_of_a_script": WholeNumber(5, 86_400),
    "seconds_of_a_template": WholeNumber(0, 86_400),
    "visits_kept": WholeNumber(1, 100_000),
    "megabytes_kept": WholeNumber(25, 1_000_000),
    "megabytes_uploaded": WholeNumber(20, 100_000),
    "epochs": WholeNumber(1, 100),
    "batch_size": WholeNumber(1, 60_000),
    "images": WholeNumber(1, 60_000),
    "hidden": WholeNumber(1, 1024),
    "threads": WholeNumber(2, 256),
    "runs_of_a_study": WholeNumber(32, 10_000),
}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """`runs_at_once`: how many processes train at the same time; `queue_length`: how many visitors may wait for that;
    `waiting_of_an_address`: how many of these from one network address, which is that of a proxy if the server stands
    behind one on another machine; `seconds_unseen`: after how long runs are stopped that nobody looks at;
    `seconds_without_progress`: after how long a run is stopped that reports nothing; `seconds_while_others_wait`: how
    long a process may run while other visitors wait, before it is stopped; `seconds_kept`: for how long what a visitor
    had trained is kept when nobody has its page open; `visits_kept`: how many visitors' runs are kept, and
    `megabytes_kept`: how much memory these may take in the server; `megabytes_uploaded`: how much the records may take
    that visitors have opened; `seconds_of_a_script`: the most that one run of a script may take in an audit;
    `seconds_of_a_template`: for how long the process in which a command's runs began stays for the next command;
    `epochs`, `batch_size`, `images`, `hidden`, `threads`: the most that an experiment may have; `runs_of_a_study`:
    the most runs of a matrix, or of many seeds."""

    runs_at_once: int
    queue_length: int = 100
    waiting_of_an_address: int = 30
    seconds_unseen: int = 120
    seconds_without_progress: int = 120
    seconds_while_others_wait: int = 300
    seconds_kept: int = 3600
    seconds_of_a_script: int = 300
    seconds_of_a_template: int = 600
    visits_kept: int = 500
    megabytes_kept: int = 1000
    megabytes_uploaded: int = 200
    epochs: int = 100
    batch_size: int = 60_000
    images: int = 60_000
    hidden: int = 1024
    threads: int = 256
    runs_of_a_study: int = 1600

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Limits":
        """The limits that environment variables set; LimitError of one line if one of them cannot be."""
        values = {"runs_at_once": cores()}
        for name in (field.name for field in fields(cls)):
            kind = KINDS[name]
            variable = PREFIX + name.upper()
            if variable not in environment:
                variable = PREFIX + OLDER_NAMES.get(name, name).upper()
            text = environment.get(variable)
            if text is None:
                continue
            try:
                values[name] = kind.read(text)
            except InputError:
                values[name] = -1
            if not kind.accepts(values[name]):
                raise LimitError(f"{variable} cannot be {text[:60]!r}: it takes {kind.allowed}")
        limits = cls(**values)
        if limits.seconds_kept < limits.seconds_unseen:
            raise LimitError(
                f"REPRO_SECONDS_KEPT cannot be {limits.seconds_kept}: a visit would be forgotten before its runs are"
                f" stopped, which takes REPRO_SECONDS_UNSEEN, {limits.seconds_unseen}"
            )
        return limits


try:
    LIMITS, _refused = Limits.of(os.environ), ""
except LimitError as error:  # see `check`
    LIMITS, _refused = Limits.of({}), str(error)


def check() -> None:
    """Raise LimitError if an environment variable of this process cannot be used: LIMITS are then the defaults."""
    if _refused:
        raise LimitError(_refused)
