"""What is taken home: files that are named after their experiment, the link, and what the script promises."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from repro.experiment.experiment import Experiment
from repro.views import take_home
from repro.views.take_home import file_name


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (("numpy", "tensorflow"), "the same losses and the same digests as this page"),
        (("initializers",), "No line that is on seeds the batch order: what it prints can differ in each run."),
    ],
)
def test_the_same_digits_are_promised_where_all_that_is_drawn_is_seeded(steps: tuple[str, ...], words: str) -> None:
    assert words in take_home._what_it_prints(Experiment(steps=steps))


@pytest.mark.parametrize(
    ("settings", "twist", "name"),
    [
        ({}, "none", "record_article.json"),
        ({"seed": 7, "steps": ("numpy", "python")}, "none", "record_seed-7_steps-numpy+python.json"),
        (
            {"learning_rate": 1e-05, "steps": ()},
            "threads:4",
            "record_steps-none_learning_rate-1e-05_twist-threads-4.json",
        ),
    ],
)
def test_a_file_is_named_after_its_experiment(settings: dict[str, Any], twist: str, name: str) -> None:
    assert file_name("record", Experiment(**settings), twist, "json") == name


def test_scripts_link_and_record_are_taken_from_below_the_pair() -> None:
    def draw(trained, twist):  # type: ignore[no-untyped-def]
        from types import SimpleNamespace
        from typing import Any

        from repro.experiment.experiment import Experiment
        from repro.views import take_home

        pair = None
        if trained:
            run = SimpleNamespace(history=SimpleNamespace(finished=True, final_weights="ab" * 32))
            pair = SimpleNamespace(experiment=Experiment(epochs=1), twist=twist, a=run, b=run, saved=lambda: None)
        visit: Any = SimpleNamespace(pair=pair, verification=None, pair_running=False)
        take_home.draw(visit, Experiment(epochs=1), twist)

    def labels(*, trained: bool, twist: str) -> list[str]:
        page = AppTest.from_function(draw, args=(trained, twist), default_timeout=60).run()
        assert not page.exception
        assert any("epochs=1" in code.value for code in page.code)
        return [button.proto.label for button in page.get("download_button")]

    assert labels(trained=False, twist="none") == ["Download the script"]
    assert labels(trained=True, twist="one-bit") == [
        "Download the script",
        "Download the script of run B",
        "Download the record (JSON)",
        "Download every step (CSV)",
    ]
