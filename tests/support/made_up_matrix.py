"""A matrix whose cells are made up, for tests of what is said and drawn of them."""

from collections.abc import Mapping
from typing import Any

from repro.experiment.experiment import Experiment
from repro.studies.matrix import Cell, Matrix, Steps


class EndedStudy:
    """One that has ended."""

    ended, failure, pending = True, None, ()


class MadeUpMatrix(Matrix):
    """A matrix whose runs agree in initial weights, batch order and final weights as `same` says, by the steps that
    were on; a combination that is not in it was not tried."""

    def __init__(
        self,
        same: Mapping[Steps, tuple[bool, bool, bool]],
        experiment: Experiment | None = None,
        rerun: str = "new-process",
    ) -> None:
        self.experiment, self.rerun, self.repeats = experiment or Experiment(), rerun, 3
        self.study: Any = EndedStudy()
        self._same = same

    def cells(self) -> dict[Steps, Cell]:
        return {
            on: Cell(
                on=on,
                initial_weights=initial,
                batch_order=batches,
                final_weights=final,
                training=final,
                distinct_orders=2,
            )
            for on, (initial, batches, final) in self._same.items()
        }
