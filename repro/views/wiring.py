"""What seeds what in a program, and what the runs showed: a picture in which the lines of code that seed are switches.

It follows from the tables of `experiment.seeding`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from repro.experiment.experiment import Experiment
from repro.experiment.programs import PROGRAMS
from repro.experiment.seeding import SEEDING_STEPS
from repro.history.history import History
from repro.verdicts.verdict import Verdict
from repro.views import island
from repro.views.island import Tree, tag

ROW = 38  # pixels that a line of code takes; page.css has the same height for it
ORDER = ("batch", "initial_weights", "dropout")  # of the random sources, from top to bottom
DIGEST_DIGITS = 6  # of 64: enough to see by eye whether two are the same
SAME, DIFFERS = "= same", "≠ differs"
UNUSED = "nothing here draws from it"
LABEL = "What seeds what in this program"


@dataclass(frozen=True)
class Evidence:
    """What the runs showed of one quantity: whether it is the same in both runs, None if that is not known,
    and what is shown of it: of a digest the first digits, of two that differ those of both."""

    same: bool | None = None
    shown: str = ""

    @property
    def kind(self) -> str:
        return "unknown" if self.same is None else "same" if self.same else "differs"


def evidence(a: History, b: History, verdict: Verdict) -> dict[str, Evidence]:
    """What runs A and B showed, by random source, and for the final weights."""
    found = {
        "initial_weights": _of_digests(a.initial_weights, b.initial_weights),
        "batch": _of_digests(a.batch_order, b.batch_order),
        "dropout": _of_digests(a.dropout_masks, b.dropout_masks),
        "final_weights": _of_digests(a.final_weights, b.final_weights),
    }
    if found["dropout"].same is None and a.finished and b.finished:
        found["dropout"] = Evidence(None, "not recorded")
    if "batch" in verdict.first_by_quantity and found["batch"].same is None:
        found["batch"] = Evidence(False, f"from step {verdict.first_by_quantity['batch']:,}")
    return found


def _of_digests(a: str | None, b: str | None) -> Evidence:
    if a is None or b is None:
        return Evidence()
    short_a, short_b = a[:DIGEST_DIGITS], b[:DIGEST_DIGITS]
    return Evidence(True, short_a) if a == b else Evidence(False, f"{short_a} / {short_b}")


def draw(experiment: Experiment, found: dict[str, Evidence], *, flipped: Callable[[str], None]) -> None:
    """Draws the picture; `flipped` is called with the seeding line that was switched."""
    island.draw(wiring(experiment, found), key="wiring", pressed=flipped)


def wiring(experiment: Experiment, found: dict[str, Evidence]) -> Tree:
    """The picture: the lines that seed, what the program draws at random, and the final weights, from left to right,
    with what the runs showed between them. `found` is empty before a run."""
    sources = [name for name in ORDER if name != "dropout" or experiment.dropout]
    height = ROW * len(SEEDING_STEPS)
    return tag(
        "div",
        tag("ul", *(_line(name, experiment, sources) for name in SEEDING_STEPS)),
        _seeding_wires(experiment, sources, height),
        tag("ul", *(_source(name, experiment) for name in sources)),
        tag(
            "div",
            _joining_wires(sources, found, height),
            tag("ul", *(tag("li", *_found(found.get(name))) for name in sources)),
            class_="joins",
        ),
        _final(experiment, found.get("final_weights")),
        class_="wiring",
        role="group",
        aria_label=LABEL,
    )


def _line(name: str, experiment: Experiment, sources: list[str]) -> Tree:
    """A seeding line: a switch, and whether anything in the program draws from what it seeds."""
    used = any(name in PROGRAMS[experiment.program].sources[source].seeded_by for source in sources)
    step = SEEDING_STEPS[name]
    switch = tag(
        "button",
        tag("span", class_="knob", aria_hidden=True),
        tag("code", step.code(experiment.seed)),
        type="button",
        role="switch",
        aria_checked=name in experiment.steps,
        aria_describedby=None if used else f"unused-{name}",
        data_press=name,
        title=step.feeds.replace("`", ""),
        class_="line" if used else "line unused",
    )
    return tag("li", switch, *([] if used else [tag("small", UNUSED, id=f"unused-{name}")]))


def _source(name: str, experiment: Experiment) -> Tree:
    """Something drawn at random: by what, and whether a line that is on seeds it."""
    source = PROGRAMS[experiment.program].sources[name]
    seeding = [SEEDING_STEPS[step].code(experiment.seed) for step in source.seeded_by if step in experiment.steps]
    title = source.what.removeprefix("the ").capitalize()
    seeded = (
        tag("span", f", seeded by {' and '.join(seeding)}", class_="unseen") if seeding else tag("em", "not seeded")
    )
    drawn = tag("small", "drawn by ", tag("code", source.function))
    return tag("li", tag("b", title), seeded, drawn, class_="box" if seeding else "box chance")


def _final(experiment: Experiment, found: Evidence | None) -> Tree:
    kind = "" if found is None or found.same is None else f" {found.kind}"
    return tag(
        "div",
        tag("b", "Final weights"),
        tag("small", f"after {experiment.total_steps:,} steps"),
        *_found(found),
        class_=f"box final{kind}",
    )


def _found(found: Evidence | None) -> list[Tree]:
    """What the runs showed, if they have shown it."""
    if found is None or not (found.shown or found.same is not None):
        return []
    word = [tag("b", SAME if found.same else DIFFERS), " "] if found.same is not None else []
    return [tag("span", *word, tag("code", found.shown), class_=f"found {found.kind}")]


def _seeding_wires(experiment: Experiment, sources: list[str], height: int) -> Tree:
    """The wires from the seeding lines to what they seed: of what no line seeds, from those that would."""
    wires = []
    for name, end in zip(sources, _middles(len(sources), height), strict=True):
        seeded_by = PROGRAMS[experiment.program].sources[name].seeded_by
        seeded = bool(set(seeded_by) & set(experiment.steps))
        for step, start in zip(SEEDING_STEPS, _middles(len(SEEDING_STEPS), height), strict=True):
            if step in seeded_by and step in experiment.steps:
                wires.append(_wire(start, end, "seeds"))
            elif step in seeded_by and not seeded:
                wires.append(_wire(start, end, "would-seed"))
    return _wires(wires, height)


def _joining_wires(sources: list[str], found: dict[str, Evidence], height: int) -> Tree:
    """The wires from what is drawn to the final weights, which show whether it was the same in both runs."""
    ends = _middles(len(sources), height)
    kinds = [found.get(name, Evidence()).kind for name in sources]
    return _wires([_wire(end, height / 2, kind) for kind, end in zip(kinds, ends, strict=True)], height)


def _middles(count: int, height: int) -> list[float]:
    return [height * (2 * place + 1) / (2 * count) for place in range(count)]


def _wire(start: float, end: float, kind: str) -> Tree:
    path = f"M0 {start:g}C50 {start:g} 50 {end:g} 100 {end:g}"
    return tag("path", d=path, class_=kind, vector_effect="non-scaling-stroke")


def _wires(wires: list[Tree], height: int) -> Tree:
    return tag("svg", *wires, viewBox=f"0 0 100 {height}", preserveAspectRatio="none", aria_hidden=True)
