"""The page without a browser: Streamlit's own simulation of it."""

from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from repro.engine.processes import ROOT
from repro.experiment.seeding import SEEDING_STEPS


def opened(**link: str) -> AppTest:
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    page.query_params.update(link)
    page.run()
    assert not page.exception
    return page


def test_the_page_has_the_agreed_labels() -> None:
    page = opened()
    assert page.title[0].value == "Which seed matters?"
    assert page.number_input(key="seed").label == "Seed"
    assert [toggle.label for toggle in page.toggle] == [f"`{step.code(42)}`" for step in SEEDING_STEPS.values()]
    assert {button.label for button in page.button} >= {"Train both runs", "Stop"}
    assert [tab.label for tab in page.tabs] == [
        "Two runs",
        "Which seed matters",
        "Many seeds",
        "Your script",
        "Take it home",
    ]


def test_a_link_sets_the_widgets_and_a_changed_widget_sets_the_link() -> None:
    page = opened(seed="7", steps="numpy", hidden="64")
    assert page.number_input(key="seed").value == 7
    assert [toggle.value for toggle in page.toggle] == [True, False, False, False]
    assert page.number_input(key="hidden").value == 64
    page.toggle(key="step python").set_value(True)
    page.number_input(key="seed").set_value(42).run()
    assert page.query_params["steps"] in ("numpy,python", ["numpy,python"])
    assert "seed" not in page.query_params


@pytest.mark.parametrize(
    ("link", "quoted"),
    [
        ("seed=-1", "'-1'"),
        ("seed=4294967296", "'4294967296'"),
        ("seed=1e3", "'1e3'"),
        ("seed=٣", "'٣'"),
        ("seed=" + "9" * 10_000, "(10000 characters)"),
        ("epochs=0", "'0'"),
        ("images=60001", "'60001'"),
        ("images=10&batch_size=11", "batch size cannot be 11"),
        ("learning_rate=nan", "'nan'"),
        ("steps=numpy,luck", "'numpy,luck'"),
        ("steps=", "''"),
        ("program=pytorch", "'pytorch'"),
        ("twist=magic", "'magic'"),
        ("seed=4294967295&twist=seed", "no next seed"),
        ("twist=threads:257", "'threads:257'"),
        ("digest=<script>", "digest cannot be"),
    ],
)
def test_a_bad_link_is_refused_in_a_line_and_starts_nothing(link: str, quoted: str) -> None:
    page = opened(**dict(parse_qsl(link, keep_blank_values=True)))
    (refusal,) = [box.value for box in page.error if "This link cannot be opened" in box.value]
    assert quoted in refusal.replace("\\", "")  # Markdown's
    assert "\n" not in refusal
    assert page.number_input(key="seed").value == 42
    assert "visit" not in page.query_params  # what an address has once something was started


def test_settings_that_do_not_go_together_are_refused_and_the_last_good_ones_kept() -> None:
    page = opened(images="100")
    page.number_input(key="batch_size").set_value(200).run()
    assert [box.value for box in page.error] == ["Batch size cannot be 200: there are only 100 images"]
    assert {button.label: button.disabled for button in page.button}["Train both runs"]
    assert "batch_size" not in page.query_params


def test_seeds_beyond_the_largest_are_refused() -> None:
    page = opened(seed="4294967295")
    page.session_state["tab"] = "Many seeds"
    page.run()
    assert [box.value for box in page.error] == [
        "Count cannot be 10: from seed 4294967295 on there are only 1, up to 4294967295"
    ]
    assert {button.label: button.disabled for button in page.button}["Train all seeds"]


def test_the_random_button_draws_a_seed() -> None:
    page = opened()
    seeds = set()
    for _ in range(3):
        next(button for button in page.button if "Random" in button.label).click().run()
        seeds.add(page.number_input(key="seed").value)
    assert len(seeds) == 3  # by chance alone not so in one of a billion runs


def test_a_story_sets_the_page_up_and_says_what_to_watch_for() -> None:
    page = opened(seed="7", program="keras", images="640")
    assert page.selectbox(key="story").value is None
    page.selectbox(key="story").set_value("A notebook cell, run again").run()
    assert not page.exception
    assert page.number_input(key="seed").value == 42
    assert page.selectbox(key="program").value == "tensorflow"
    assert page.selectbox(key="twist").value == "same-process"
    assert [toggle.value for toggle in page.toggle] == [True, False, True, False]
    assert page.number_input(key="images").value == 640
    told = "Set by this story: program keras (now tensorflow); seed 7 (now 42)."
    assert [toast.value for toast in page.toast] == [told]
    assert any("Every initializer has its seed. Watch" in text.value for text in page.markdown)
    page.selectbox(key="story").set_value("One bit").run()
    assert not page.toast
    page.toggle(key="step python").set_value(True).run()
    assert page.selectbox(key="story").value is None


def test_what_a_link_has_set_is_said_before_it_is_trained() -> None:
    """On a phone the sidebar hides it."""
    page = opened(twist="one-bit", epochs="1", images="640", digest="0123456789" * 6 + "abcd")
    (told,) = [caption.value for caption in page.caption if "Set here" in caption.value]
    assert "epochs 1, images 640; run B: one bit of one weight." in told
    assert "The sender's final weights of run B, `01234567…`, will be compared with yours." in told
    page.number_input(key="epochs").set_value(2).run()
    (told,) = [caption.value for caption in page.caption if "Set here" in caption.value]
    assert "epochs 2" in told
    assert "sender" not in told
    assert not [caption for caption in opened().caption if "Set here" in caption.value]


def test_a_twist_takes_its_number_from_the_link_and_gives_it_back() -> None:
    page = opened(twist="threads:4")
    assert page.selectbox(key="twist").value == "threads"
    assert page.number_input(key="number of threads").value == 4
    page.number_input(key="number of threads").set_value(8).run()
    assert page.query_params["twist"] in ("threads:8", ["threads:8"])
    page.selectbox(key="twist").set_value("seed").run()
    assert page.number_input(key="number of seed").value is None
    assert page.query_params["twist"] in ("seed", ["seed"])


def test_a_twist_that_cannot_be_is_refused_in_a_line() -> None:
    page = opened(twist="threads:4")
    page.number_input(key="number of threads").set_value(1).run()
    assert [error.value for error in page.error] == [
        "Twist cannot be 'threads:1': run A has as many, name another number"
    ]
    assert next(button for button in page.button if button.label == "Train both runs").disabled


def test_a_pair_that_another_tab_has_trained_is_said_to_be_of_another_tab() -> None:
    """Not where nothing was here before, nor on a page that is opened on a pair."""

    def page(pairs: list[int]) -> None:
        from types import SimpleNamespace
        from typing import Any

        import streamlit as st

        from repro.views import two_runs

        visit: Any = SimpleNamespace(pairs=pairs[-1], pair=object() if pairs[-1] else None)
        st.text(str(two_runs._replaced_elsewhere(visit)))

    trained = [0]
    first = AppTest.from_function(page, args=(trained,)).run()
    assert first.text[0].value == "False"
    trained.append(1)
    assert first.run().text[0].value == "False"
    second = AppTest.from_function(page, args=(trained,)).run()
    assert second.text[0].value == "False"
    trained.append(2)
    for tab in (first, second):
        assert [tab.run().text[0].value for _ in range(2)] == ["True", "True"]
