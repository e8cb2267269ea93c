"""A picture of the shuffling: epochs as rows, batches as cells, a colour and a number for each batch."""

from repro.history.history import History
from repro.verdicts.epochs import batches_by_epoch
from repro.verdicts.report import shuffling
from repro.views.island import Tree, tag

GOLDEN_ANGLE = 137.508  # degrees: neighbours on a colour wheel that is gone round in such steps are far apart


def epochs(history: History) -> Tree | None:
    """The picture of a finished run; None where its epochs can have but one order."""
    words = shuffling(history)
    if words is None:
        return None
    rows = batches_by_epoch(history)
    shown = f"the first {len(rows[0])} batches of " if len(rows[0]) < history.experiment.steps_per_epoch else ""
    shown += "each epoch" if len(rows) == history.experiment.epochs else f"the first {len(rows)} epochs"
    return tag(
        "figure",
        tag("figcaption", tag("b", words), f". Below, {shown}: the same number is the same batch."),
        *(
            tag(
                "div",
                tag("span", f"Epoch {number}", class_="name"),
                tag("span", *(_cell(batch) for batch in batches), class_="batches"),
                role="img",
                aria_label=f"Epoch {number}: batches {', '.join(map(str, batches))}",
            )
            for number, batches in enumerate(rows, 1)
        ),
        class_="epochs",
    )


def _cell(batch: int) -> Tree:
    return tag("i", str(batch), style=f"--hue:{batch * GOLDEN_ANGLE % 360:.0f}deg")
