"""The picture of what seeds what: each line, source and joint follows from the tables; evidence from the histories."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from records import history

from repro.charts.wiring import JOINER, Evidence, evidence, wiring
from repro.experiment.experiment import Experiment
from repro.records.history import History
from repro.verdicts.verdict import compare


class Items(HTMLParser):
    """The text of each box and line of the picture, what is only read aloud included, and its images' addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.images: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "li" or dict(attributes).get("class") == "box":
            self.texts.append("")
        if tag == "img":
            assert dict(attributes)["alt"] == ""
            self.images.append(unquote(str(dict(attributes)["src"])))

    def handle_data(self, data: str) -> None:
        self.texts[-1] += data.replace(JOINER, "")


def items(experiment: Experiment, found: dict[str, Evidence] | None = None) -> Items:
    return Items(wiring(experiment, found or {}, dark=False))


def text(experiment: Experiment, beginning: str, found: dict[str, Evidence] | None = None) -> str:
    return next(text for text in items(experiment, found).texts if text.startswith(beginning))


def test_base_tensorflow_draws_its_batches_from_numpy_and_its_weights_from_tensorflow() -> None:
    experiment = Experiment(steps=("numpy",), seed=7)
    assert text(experiment, "np.random.seed(7)") == "np.random.seed(7)"
    assert "off" in text(experiment, "off: tf.random")
    assert text(experiment, "off: random.seed(7)").endswith("nothing here draws from it")
    assert text(experiment, "Batch order").endswith("seeded by np.random.seed(7)")
    assert text(experiment, "Initial weights").endswith("drawn by tf.random.uniform not seeded")


def test_keras_draws_its_weights_from_python() -> None:
    experiment = Experiment(program="keras", steps=("python",))
    assert text(experiment, "Initial weights").endswith("seeded by random.seed(42)")
    assert text(experiment, "Batch order").endswith("not seeded")
    assert text(experiment, "off: np.random.seed(42)").endswith("nothing here draws from it")


@pytest.mark.parametrize("program", ["tensorflow", "keras"])
def test_dropout_masks_are_there_only_where_there_is_dropout(program: str) -> None:
    assert not any("Dropout" in text for text in items(Experiment(program=program)).texts)
    assert text(Experiment(program=program, dropout=0.5), "Dropout masks")


@pytest.mark.parametrize(
    ("experiment", "solid", "dashed"),
    [
        (Experiment(), 3, 0),  # NumPy to the batches; TensorFlow and the initializers to the weights
        (Experiment(steps=()), 0, 3),
        (Experiment(steps=("tensorflow",)), 1, 1),  # what could seed the weights too is not drawn
        (Experiment(steps=("tensorflow",), dropout=0.5), 2, 1),
        (Experiment(program="keras"), 2, 0),
    ],
)
def test_a_line_joins_what_it_seeds_and_a_dashed_one_what_it_could_seed(
    experiment: Experiment, solid: int, dashed: int
) -> None:
    seeds, joins = items(experiment).images
    paths = re.findall("<path[^>]*>", seeds)
    assert sum("stroke-dasharray" in path for path in paths) == dashed
    assert sum("stroke-dasharray" not in path for path in paths) == solid
    assert joins.count("<path") == (3 if experiment.dropout else 2)


def test_after_a_run_each_box_says_what_came_out_with_its_digest() -> None:
    a, b = history(), history(initial_weights="9" * 64)
    found = evidence(a, b, compare(a, b))
    assert "≠ differs 1a / 999999" in text(a.experiment, "Initial weights", found)
    assert "= same 2b" in text(a.experiment, "Batch order", found)
    assert "= same 3c" in text(a.experiment, "Final weights", found)


@pytest.mark.parametrize(
    ("masks", "words"),
    [(("4d", "4d"), "= same 4d"), (("4d", "5e"), "≠ differs 4d / 5e"), (("4d", None), "not recorded")],
)
def test_of_dropout_masks_it_says_whether_they_were_the_same(masks: tuple[str, str | None], words: str) -> None:
    experiment = Experiment(images=8, batch_size=2, epochs=2, dropout=0.5)
    a, b = (history(experiment, dropout_masks=digest) for digest in masks)
    assert f"Dropout masks{words}drawn by" in text(experiment, "Dropout masks", evidence(a, b, compare(a, b)))
    for unfinished in (history(experiment, steps_done=4), History(experiment)):
        found = evidence(a, unfinished, compare(a, unfinished))
        assert text(experiment, "Dropout masks", found).startswith("Dropout masksdrawn by")


def test_what_is_not_known_yet_is_not_said() -> None:
    a, b = history(steps_done=4), history(steps_done=4)
    found = evidence(a, b, compare(a, b))
    assert "same" in text(a.experiment, "Initial weights", found)
    for box in ("Batch order", "Final weights"):
        assert not re.search("same|differs", text(a.experiment, box, found))
    b.batch[2] += 1
    assert "≠ differs first at step 2" in text(a.experiment, "Batch order", evidence(a, b, compare(a, b)))
    empty = History(a.experiment)
    assert not any(found.same for found in evidence(empty, empty, compare(empty, empty)).values())
