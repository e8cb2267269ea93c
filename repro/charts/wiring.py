"""The picture of what seeds what in a program, drawn from the tables of `experiment.seeding`, and what the runs showed.

HTML, so that its text can be selected, read aloud and broken into lines; only the connecting lines are an image.
"""

import functools
import html
from dataclasses import dataclass
from urllib.parse import quote

from repro.charts.style import ORANGE_ON_PAGE, blue
from repro.experiment.experiment import Experiment
from repro.experiment.seeding import RANDOM_SOURCES, SEEDING_STEPS
from repro.records.history import History
from repro.verdicts.verdict import Verdict

ROW = 44  # pixels that a line of code takes; page.css has the same height for it
ORDER = ("batch", "initial_weights", "dropout")  # of the random sources, from top to bottom
DIGEST_DIGITS = 6  # of 64: enough to see by eye whether two are the same
JOINER = "\u2060"
SAME, DIFFERS = "= same", "≠ differs"


@dataclass(frozen=True)
class Evidence:
    """What the runs showed of one quantity: whether it is the same in both runs, None if that is not known,
    and what is shown of it: of a digest the first digits, of two that differ those of both."""

    same: bool | None = None
    shown: str = ""


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
        found["batch"] = Evidence(False, f"first at step {verdict.first_by_quantity['batch']:,}")
    return found


def _of_digests(a: str | None, b: str | None) -> Evidence:
    if a is None or b is None:
        return Evidence()
    short_a, short_b = a[:DIGEST_DIGITS], b[:DIGEST_DIGITS]
    return Evidence(True, short_a) if a == b else Evidence(False, f"{short_a} / {short_b}")


def wiring(experiment: Experiment, found: dict[str, Evidence], *, dark: bool) -> str:
    """The picture: the lines that seed, what the program draws at random, and the final weights, from left to right.
    `found` is empty before a run."""
    sources = _sources(experiment)
    height = ROW * len(SEEDING_STEPS)
    lines = "".join(_line(name, experiment) for name in SEEDING_STEPS)
    boxes = "".join(_source(name, experiment, found) for name in sources)
    final = _box("Final weights", f"after {experiment.total_steps:,} steps", found.get("final_weights"))
    seeds, joins = (_image(drawn, height) for drawn in _curves(experiment, dark=dark))
    return (
        f'<div class="wiring{" dark" if dark else ""}" style="--height:{height}px" role="group"'
        ' aria-label="What seeds what in this program">'
        f"<ul>{lines}</ul>{seeds}<ul>{boxes}</ul>{joins}<div>{final}</div></div>"
    )


def _sources(experiment: Experiment) -> list[str]:
    return [name for name in ORDER if name != "dropout" or experiment.dropout]


def _line(name: str, experiment: Experiment) -> str:
    """A seeding line: on or off, and whether anything in the program draws from what it seeds."""
    used = any(name in RANDOM_SOURCES[experiment.program][source].seeded_by for source in _sources(experiment))
    on = name in experiment.steps
    code = _code(name, experiment)
    note = "" if used else "<small>nothing here draws from it</small>"
    state = "" if on else '<span class="unseen">off: </span>'
    return f'<li class="{"on" if on else "off"}">{state}<code>{code}</code>{note}</li>'


def _code(name: str, experiment: Experiment) -> str:
    """The line of code, with a joiner that has no width, so that a search of the page finds the toggle alone."""
    code = html.escape(SEEDING_STEPS[name].code(experiment.seed))
    return code[:2] + JOINER + code[2:]


def _source(name: str, experiment: Experiment, found: dict[str, Evidence]) -> str:
    """Something drawn at random: by what, seeded or not, and what the runs showed."""
    source = RANDOM_SOURCES[experiment.program][name]
    seeding = [step for step in source.seeded_by if step in experiment.steps]
    codes = " and ".join(_code(step, experiment) for step in seeding)
    seeded = f'<span class="unseen">, seeded by {codes}</span>' if codes else " <em>not seeded</em>"
    drawn = f"drawn by <code>{html.escape(source.function)}</code>{seeded}"
    return f"<li>{_box(source.what.removeprefix('the ').capitalize(), drawn, found.get(name), chance=not seeding)}</li>"


def _box(title: str, text: str, found: Evidence | None, *, chance: bool = False) -> str:
    came_out = ""
    if found is not None and found.same is not None:
        word, kind = (SAME, "same") if found.same else (DIFFERS, "differs")
        came_out = f'<span class="{kind}"><b>{word}</b> <code>{html.escape(found.shown)}</code></span>'
    elif found is not None and found.shown:
        came_out = f'<span class="unknown">{html.escape(found.shown)}</span>'
    return f'<div class="box{" chance" if chance else ""}"><b>{title}</b>{came_out}<small>{text}</small></div>'


def _curves(experiment: Experiment, *, dark: bool) -> tuple[str, str]:
    """The SVG paths from the seeding lines to what they seed, and from there to the final weights."""
    sources = _sources(experiment)
    middle = [ROW * (place + 0.5) for place in range(len(SEEDING_STEPS))]
    height = ROW * len(SEEDING_STEPS)
    targets = [height * (2 * place + 1) / (2 * len(sources)) for place in range(len(sources))]
    seeds, joins = "", ""
    for name, end in zip(sources, targets, strict=True):
        seeded_by = RANDOM_SOURCES[experiment.program][name].seeded_by
        seeded = bool(set(seeded_by) & set(experiment.steps))
        for step, start in zip(SEEDING_STEPS, middle, strict=True):
            if step in seeded_by and step in experiment.steps:
                seeds += _path(start, end, f'stroke="{blue(dark=dark)}" stroke-width="2.5"')
            elif step in seeded_by and not seeded:
                seeds += _path(start, end, f'stroke="{ORANGE_ON_PAGE[dark]}" stroke-width="1.5" stroke-dasharray="3 5"')
        joins += _path(end, height / 2, 'stroke="gray" stroke-width="1.2"')
    return seeds, joins


def _path(start: float, end: float, style: str) -> str:
    return f'<path d="M0 {start:g}C50 {start:g} 50 {end:g} 100 {end:g}" {style} vector-effect="non-scaling-stroke"/>'


@functools.lru_cache(maxsize=256)
def _image(paths: str, height: int) -> str:
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 {height}" preserveAspectRatio="none" fill="none">'
        f"{paths}</svg>"
    )
    return f'<img alt="" src="data:image/svg+xml,{quote(svg)}">'
