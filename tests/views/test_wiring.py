"""The picture of what seeds what: each line, source and joint follows from the tables; evidence from the histories."""

from typing import Any

import pytest
from records import history

from repro.experiment.experiment import Experiment
from repro.experiment.seeding import SEEDING_STEPS
from repro.history.history import History
from repro.verdicts.verdict import compare
from repro.views.island import Tree, texts
from repro.views.wiring import Evidence, evidence, wiring


def elements(tree: Tree) -> list[list[Any]]:
    """All elements of a tree, from the outer to the inner."""
    return [] if isinstance(tree, str) else [tree, *(inner for child in tree[2:] for inner in elements(child))]


def classes(tree: Tree) -> list[str]:
    return [part[1].get("class", "") for part in elements(tree)]


def text(experiment: Experiment, beginning: str, found: dict[str, Evidence] | None = None) -> str:
    """That of the line or box that begins like this."""
    items = [part for part in elements(wiring(experiment, found or {})) if part[0] == "li"]
    return next(words for words in ("".join(texts(item)) for item in items) if words.startswith(beginning))


def switches(experiment: Experiment) -> dict[str, str]:
    """The accessible names of the switches, and whether they are on."""
    found = [part for part in elements(wiring(experiment, {})) if part[1].get("role") == "switch"]
    assert all(part[0] == "button" for part in found)
    return {"".join(texts(part)): part[1]["aria-checked"] for part in found}


def test_each_seeding_line_is_a_switch_named_by_its_code() -> None:
    assert switches(Experiment(steps=("numpy",), seed=7)) == {
        step.code(7): "true" if name == "numpy" else "false" for name, step in SEEDING_STEPS.items()
    }


def test_base_tensorflow_draws_its_batches_from_numpy_and_its_weights_from_tensorflow() -> None:
    experiment = Experiment(steps=("numpy",), seed=7)
    assert text(experiment, "np.random.seed(7)") == "np.random.seed(7)"
    assert text(experiment, "random.seed(7)").endswith("nothing here draws from it")
    assert "seeded by np.random.seed(7)" in text(experiment, "Batch order")
    assert text(experiment, "Initial weights") == "Initial weightsnot seededdrawn by tf.random.uniform"


def test_keras_draws_its_weights_from_python() -> None:
    experiment = Experiment(program="keras", steps=("python",))
    assert "seeded by random.seed(42)" in text(experiment, "Initial weights")
    assert "not seeded" in text(experiment, "Batch order")
    assert text(experiment, "np.random.seed(42)").endswith("nothing here draws from it")


@pytest.mark.parametrize("program", ["tensorflow", "keras"])
def test_dropout_masks_are_there_only_where_there_is_dropout(program: str) -> None:
    assert "Dropout masks" not in texts(wiring(Experiment(program=program), {}))
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
    kinds = classes(wiring(experiment, {}))
    assert kinds.count("seeds") == solid
    assert kinds.count("would-seed") == dashed
    assert kinds.count("unknown") == (3 if experiment.dropout else 2)


def shown(experiment: Experiment, found: dict[str, Evidence]) -> list[str]:
    """What is written on the wires, from top to bottom, and in the last box."""
    parts = elements(wiring(experiment, found))
    return ["".join(texts(part)) for part in parts if "found" in part[1].get("class", "").split()]


def test_after_a_run_the_wires_say_what_came_out_with_its_digest() -> None:
    a, b = history(), history(initial_weights="9" * 64)
    found = evidence(a, b, compare(a, b))
    assert shown(a.experiment, found) == ["= same 2b", "≠ differs 1a / 999999", "= same 3c"]
    kinds = classes(wiring(a.experiment, found))
    assert kinds.count("same") == kinds.count("differs") == 1
    assert "box final same" in kinds


@pytest.mark.parametrize(
    ("masks", "words"),
    [(("4d", "4d"), "= same 4d"), (("4d", "5e"), "≠ differs 4d / 5e"), (("4d", None), "not recorded")],
)
def test_of_dropout_masks_it_says_whether_they_were_the_same(masks: tuple[str, str | None], words: str) -> None:
    experiment = Experiment(images=8, batch_size=2, epochs=2, dropout=0.5)
    a, b = (history(experiment, dropout_masks=digest) for digest in masks)
    assert shown(experiment, evidence(a, b, compare(a, b)))[2] == words
    for unfinished in (history(experiment, steps_done=4), History(experiment)):
        assert evidence(a, unfinished, compare(a, unfinished))["dropout"] == Evidence()


def test_what_is_not_known_yet_is_not_said() -> None:
    a, b = history(steps_done=4), history(steps_done=4)
    assert shown(a.experiment, evidence(a, b, compare(a, b))) == ["= same 1a"]
    b.batch[2] += 1
    assert shown(a.experiment, evidence(a, b, compare(a, b)))[0] == "≠ differs from step 2"
    empty = History(a.experiment)
    assert shown(a.experiment, evidence(empty, empty, compare(empty, empty))) == []
