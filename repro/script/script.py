"""The experiment as a stand-alone script to take home: the lab's own program, in the order of the article.

What decides the bits is not written a second time: network, loss, optimizer and accuracy are the source of the lab's
program itself, read from its file. A test runs scripts and compares every digit with the lab.
"""

import functools
import re
from collections.abc import Sequence
from pathlib import Path

from repro.experiment.experiment import Experiment
from repro.experiment.programs import PROGRAMS
from repro.experiment.seeding import SEEDING_STEPS, initializer_seeds
from repro.experiment.twists import TWIST, apply_twist, parse_twist

TEMPLATE = Path(__file__).with_name("script.py.jinja")
FOLDER = Path(__file__).parents[1] / "programs"
INITIALIZERS = "initializer_seeds = {seeds}"


def script(experiment: Experiment, twist: str = TWIST.default) -> str:
    """The Python source of run B of `experiment` with `twist`; without one, that is run A's. It prints what
    `python -m repro train` prints of the same run, but for the order of Keras's batches and the masks of dropout;
    with the twist `same-process`, of run A before it. InputError, of one line, if there can be no such twist."""
    # Here, because a script is all that needs it. It comes with Altair, which requires it.
    import jinja2

    run = apply_twist(experiment, twist)
    seeds = initializer_seeds(run.seed)
    calls = {step: SEEDING_STEPS[step].code(run.seed) for step in ("python", "numpy", "tensorflow")}
    template = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    text = template.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        run=run,
        title=PROGRAMS[run.program].title,
        variables=run.conditions.environment,
        calls=calls | {"initializers": INITIALIZERS.format(seeds=seeds)},
        definitions=_definitions(run),
        same_process=parse_twist(twist)[0].same_process,
    )
    return text.rstrip() + "\n"


def seeding_lines(program: str, steps: Sequence[str], seed: int) -> str:
    """The lines of code of seeding `steps` for `program`, each with why it is there."""
    lines = []
    for step in steps:
        lines.append(f"# {SEEDING_STEPS[step].feeds}")
        if step == "initializers":
            lines += [
                INITIALIZERS.format(seeds=initializer_seeds(seed)),
                f"# for each layer: {PROGRAMS[program].seeded_draw}",
            ]
        else:
            lines.append(SEEDING_STEPS[step].code(seed))
    return "\n".join(lines)


@functools.cache
def source(file: str, *names: str) -> str:
    """The source of classes and functions, by their names, of a file of the lab's programs."""
    # Not with `ast`, which two threads at once confuse before Python 3.11.8 (python/cpython#106905), and every visitor
    # of the page has one.
    text = (FOLDER / file).read_text(encoding="utf-8")
    # A definition ends where the next line begins at the margin, but for the bracket that closes a long signature.
    found = [re.search(rf"^(?:class|def) {name}\b.*\n(?:(?:[ )].*)?\n)*", text, re.MULTILINE) for name in names]
    return "\n\n\n".join(definition[0].rstrip() for definition in found if definition)


def _definitions(run: Experiment) -> str:
    parts = [source("fingerprint.py", "digest")]
    if run.program == "tensorflow":
        names = ("Network", "glorot_uniform", "zeros", "cross_entropy", "Adam", "matches", "mean_over_images")
        parts.append(source("base_tensorflow.py", *names, "predictions"))
    if run.conditions.one_bit:
        parts.append(source("one_bit.py", "flip_lowest_bit"))
    return "\n\n\n".join(parts)
