"""The page without a browser: Streamlit's own simulation of it."""

from streamlit.testing.v1 import AppTest

from repro.processes import ROOT
from repro.seeding import SEEDING_STEPS


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
    assert [tab.label for tab in page.tabs] == ["Two runs", "Which seed matters", "Many seeds"]


def test_a_link_sets_the_widgets_and_a_changed_widget_sets_the_link() -> None:
    page = opened(seed="7", steps="numpy", hidden="64")
    assert page.number_input(key="seed").value == 7
    assert [toggle.value for toggle in page.toggle] == [True, False, False, False]
    assert page.number_input(key="hidden").value == 64
    page.toggle(key="step python").set_value(True)
    page.number_input(key="seed").set_value(42).run()
    assert page.query_params["steps"] in ("numpy,python", ["numpy,python"])
    assert "seed" not in page.query_params


def test_the_random_button_draws_a_seed() -> None:
    page = opened()
    seeds = set()
    for _ in range(3):
        next(button for button in page.button if "Random" in button.label).click().run()
        seeds.add(page.number_input(key="seed").value)
    assert len(seeds) == 3  # by chance alone not so in one of a billion runs
