"""Two runs of a script compared, from the cause to the effect.

Compared are seeds, draws, files, initial weights, batches, losses, weights, the number of steps, and what was printed.
Records of the two runs belong together by source, line, function and occurrence, never by their position: one draw more
in one run does not make all that follow differ.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from repro.audits.comparison import output
from repro.audits.comparison.trace import Trace, where
from repro.audits.observer.format import Draw, EndOfTraining, File, Record, Seed, Site, Step, Training, Variable


@dataclass(frozen=True)
class Change:
    """Something that differs: its quantity, one of `result.QUANTITIES`; the source, if a record names one; the person's
    line; the step, from 0, counted over all trainings; `n`, its place in time in run A (or B, if A has none), None for
    what has none; and the record that shows it."""

    quantity: str
    source: str | None = None
    site: Site | None = None
    step: int | None = None
    n: int | None = None
    record: Record | None = None


@dataclass(frozen=True)
class Comparison:
    """What differs between two runs. `causes`: seeds, draws and files, in their order in time; `effects`: initial
    weights, batches, losses, weights, steps and output, the first of each, in their order; `lines`: those of the
    output and of what was left that differ; `alike`: the files that differ in bytes alone, not in what they
    hold; `came`: the places that are known to come from readings of the clock and the like."""

    causes: tuple[Change, ...]
    effects: tuple[Change, ...]
    lines: output.Differing = field(default_factory=output.Differing)
    alike: tuple[str, ...] = ()
    came: frozenset[output.Place] = frozenset()

    def without_output(self) -> "Comparison":
        """The same, where what differs in output and files is none of the script's results."""
        return replace(self, effects=tuple(effect for effect in self.effects if effect.quantity != "output"))

    @property
    def printed(self) -> output.Difference | None:
        """Where the output, or what was left, differs first."""
        return self.lines.first([place for place in self.lines.lines if place not in self.came])

    @property
    def repeats(self) -> bool:
        """Whether no result of the script differs. A draw that changes no result does not count."""
        return not self.effects

    @property
    def first_effect(self) -> Change | None:
        """The first result that differs."""
        return self.effects[0] if self.effects else None


def compare(
    a: Trace, b: Trace, lines: output.Differing | None = None, alike: Iterable[str] = (), *, status: bool = False
) -> Comparison:
    """Compare two runs; `lines` are those of their output that differ, `status`: their exit status does."""
    lines = output.Differing() if lines is None else lines
    causes = sorted(
        [*_seeds(a, b), *_draws(a, b), *_files(a, b)], key=lambda change: change.n if change.n is not None else 1 << 60
    )
    effects = effects_of(a, b)
    if lines.lines or status:
        effects.append(Change("output"))
    if not effects and not (a.trained or b.trained):
        # Nothing that a script is run for was seen, but for its variables.
        effects += _variables(a, b)
    return Comparison(tuple(causes), tuple(effects), lines, tuple(alike))


def effects_of(a: Trace, b: Trace, *, so_far: bool = False) -> list[Change]:
    """The first result of each kind that differs, but for the output; `so_far`: the runs are
    still in progress, and what only one of them has is no difference yet."""
    found: list[Change] = []
    weights = _initial_weights(a, b, so_far=so_far)
    if weights is not None:
        found.append(weights)
    found += _steps(a, b)
    if not so_far:
        if a.steps != b.steps or len(_trainings(a)) != len(_trainings(b)):
            found.append(Change("steps", step=min(a.steps, b.steps), site=_last_site(a, b)))
        if not found:
            ends_a, ends_b = a.of_main(EndOfTraining), b.of_main(EndOfTraining)
            for end_a, end_b in zip(ends_a, ends_b, strict=False):
                if end_a.weights != end_b.weights:
                    found.append(Change("weights", step=max(a.steps - 1, 0), site=_last_site(a, b)))
                    break
    return found


def _seeds(a: Trace, b: Trace) -> Iterable[Change]:
    """The seeding calls that were given two values, but for those that only pass on what was drawn."""
    seeds_b = {_seed_key(seed): seed for seed in b.all(Seed)}
    for seed in a.all(Seed):
        other = seeds_b.get(_seed_key(seed))
        differs = other is not None and (seed.value, seed.digest) != (other.value, other.digest)
        if other is not None and differs and seed.derived is None and other.derived is None:
            yield Change("seed", seed.source, seed.site, n=seed.n, record=seed)


def _seed_key(seed: Seed) -> Hashable:
    function = seed.site.function if seed.site else ""
    return seed.source, where(seed.site), function, seed.what, seed.thread, seed.occurrence


def _draws(a: Trace, b: Trace) -> Iterable[Change]:
    """The draws that gave other numbers, and those that only one run made."""
    drawn_a, drawn_b = _drawn(a), _drawn(b)
    for key in [*drawn_a, *(key for key in drawn_b if key not in drawn_a)]:
        here, there = drawn_a.get(key, []), drawn_b.get(key, [])
        if sorted(draw.digest for draw in here) != sorted(draw.digest for draw in there):
            draw = (here or there)[0]
            yield Change("draw", draw.source, draw.site, n=draw.n, record=draw)


def _drawn(trace: Trace) -> dict[Hashable, list[Draw]]:
    """The draws that belong together: one in the main process, one in each of the others."""
    found: dict[Hashable, list[Draw]] = defaultdict(list)
    for number, records in enumerate((trace.main, *trace.others)):
        for record in records:
            if isinstance(record, Draw) and not record.importing:
                function = record.site.function if record.site else ""
                key = (
                    record.source,
                    where(record.site),
                    function,
                    record.what,
                    record.thread,
                    number > 0,
                    record.occurrence,
                )
                found[key].append(record)
    return found


def _files(a: Trace, b: Trace) -> Iterable[Change]:
    """The files that were read with another content, or by one run alone, and the listings in another order."""

    def read(trace: Trace) -> dict[Hashable, File]:
        return {
            (file.action, file.path, file.occurrence): file
            for file in trace.all(File)
            if file.action != "write" and not file.path.endswith(".pyc")
        }

    files_a, files_b = read(a), read(b)
    for key, file in files_a.items():
        other = files_b.get(key)
        if other is not None and other.digest != file.digest:
            yield Change("files", "files", file.site, n=file.n, record=file)
    for key, file in files_b.items():
        if key not in files_a:
            yield Change("files", "files", file.site, n=file.n, record=file)


def _variables(a: Trace, b: Trace) -> list[Change]:
    """The first variable that was made with another value."""

    def made(trace: Trace) -> dict[Hashable, Variable]:
        return {
            (where(one.site), tuple(one.shape), one.dtype, one.occurrence): one
            for one in trace.of_main(Variable)
            if one.trainable and one.digest is not None
        }

    variables_b = made(b)
    for key, variable in made(a).items():
        other = variables_b.get(key)
        if other is not None and other.digest != variable.digest:
            return [Change("initial_weights", site=variable.site, n=variable.n, record=variable)]
    return []


def _initial_weights(a: Trace, b: Trace, *, so_far: bool) -> Change | None:
    """The first training that began with other weights, though those before it ended with the same ones."""
    trainings_b = {training.number: training for training in b.of_main(Training)}
    for training in a.of_main(Training):
        other = trainings_b.get(training.number)
        if other is None:
            return None
        if training.weights != other.weights and None not in (training.weights, other.weights):
            if _first_step(a, b, before_training=training.number) is not None:
                return None
            of_variable = [] if so_far else _variables(a, b)
            site = of_variable[0].site if of_variable else training.site
            return Change("initial_weights", site=site, n=training.n, record=training)
        if _first_step(a, b, before_training=training.number + 1) is not None:
            break
    first = _first_step(a, b)
    if first is not None and first[0].before != first[1].before and None not in (first[0].before, first[1].before):
        step = first[0]
        if step.step == 0:
            of_variable = [] if so_far else _variables(a, b)
            site = of_variable[0].site if of_variable else step.site
            return Change("initial_weights", site=site, n=step.n, record=step)
    return None


def _trainings(trace: Trace) -> set[int]:
    return {step.training for step in trace.of_main(Step)}


def _keyed(trace: Trace) -> dict[tuple[int, int], Step]:
    return {(step.training, step.step): step for step in trace.of_main(Step)}


def _first_step(a: Trace, b: Trace, before_training: int | None = None) -> tuple[Step, Step] | None:
    """The first step that both runs made and that differs in something."""
    steps_b = _keyed(b)
    for key, step in _keyed(a).items():
        if before_training is not None and key[0] >= before_training:
            return None
        other = steps_b.get(key)
        if other is not None and _parts(step) != _parts(other):
            return step, other
    return None


def _parts(step: Step) -> tuple[Any, ...]:
    return step.batch, step.before, step.loss, step.after


def _steps(a: Trace, b: Trace) -> list[Change]:
    """What differs of the first step that does: the batch, the loss, the weights after it."""
    first = _first_step(a, b)
    if first is None:
        return []
    step, other = first
    return [
        Change(quantity, site=step.site, step=step.total, n=step.n, record=step)
        for quantity, here, there in (
            ("batch", step.batch, other.batch),
            ("loss", step.loss, other.loss),
            ("weights", step.after, other.after),
        )
        if here != there
    ]


def _last_site(a: Trace, b: Trace) -> Site | None:
    steps = (a if a.steps <= b.steps else b).of_main(Step)
    return steps[-1].site if steps else None
