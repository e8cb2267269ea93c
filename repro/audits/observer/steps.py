"""Trainings and their steps, as the trace holds them: what Keras's `fit` and loops of one's own have in common."""

import os
import sys
from typing import Any

from .format import EndOfTraining, Site, Step, Training
from .observer import Observer
from .weights import Weights


class Run:
    """One training under way."""

    def __init__(self, number: int, how: str, site: Site | None, variables: list[Any]) -> None:
        self.number, self.how, self.site, self.variables = number, how, site, variables
        self.steps = 0
        self.after: str | None = None
        self.begin = 0
        self.fresh = True
        self.batch: Any = None
        self.model: Any = None
        self.late: list[str | None] | None = None
        """The digests of the variables that its first step makes."""
        self.initial: tuple[str, str | None] | None = None
        """The SHA-256 and the fingerprint of these, if they could be read before it."""


class Trainings:
    """The trainings of this process. `count` is how many there were, `weights` reads their variables."""

    def __init__(self, observer: Observer) -> None:
        self.observer = observer
        self.weights = Weights(observer)
        self.count = 0

    def new(self, how: str, site: Site | None, variables: list[Any], weights: str | None = None) -> Run:
        """A training begins. `weights`: what is known of its variables as they were before its first step."""
        run = Run(self.count, how, site, variables)
        self.count += 1
        weights = weights or self.weights.sha256(variables)
        self.observer.trace.emit(Training(number=run.number, how=how, site=site, weights=weights))
        return run

    def step(
        self,
        run: Run,
        site: Site | None,
        batch: str | None,
        before: str | None,
        loss: str | None,
        after: str | None,
        value: float | None,
        why: str | None,
        count: int = 1,
    ) -> None:
        trace = self.observer.trace
        record = Step(
            training=run.number,
            step=run.steps,
            total=trace.steps,
            count=count,
            site=site,
            batch=batch,
            before=before,
            loss=loss,
            after=after,
            value=value if value is None or value - value == 0 else None,
            why=why,
        )
        trace.emit(record)
        run.steps += count
        run.after = after
        trace.steps += count
        limit = self.observer.config.steps
        if limit is not None and trace.steps >= limit:
            self.stop()

    def stop(self) -> None:
        """End the script: it has made as many steps as were asked for."""
        trace = self.observer.trace
        if trace.thread == "main":
            raise SystemExit(0)
        self.observer.end()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    def finish(self, run: Run) -> None:
        weights = self.weights.sha256(run.variables) or run.after
        self.observer.trace.emit(EndOfTraining(number=run.number, steps=run.steps, weights=weights))

    @property
    def inside(self) -> bool:
        """Whether the steps of this thread are counted elsewhere."""
        local = self.observer.local
        return bool(local.inside or local.quiet or local.fit is not None)

    def eager(self) -> bool:
        return bool(sys.modules["tensorflow.python.eager.context"].executing_eagerly())
