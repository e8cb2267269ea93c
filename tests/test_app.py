"""The page without a browser: Streamlit's own simulation of it."""

from typing import Any
from urllib.parse import parse_qsl

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from repro.engine.processes import ROOT
from repro.experiment.experiment import Experiment
from repro.experiment.path import QUICK
from repro.experiment.seeding import SEEDING_STEPS
from repro.views import every_combination, many_seeds, tabs, two_runs, your_script


def query(page: AppTest) -> dict[str, str]:
    """The experiment's parameters in the address."""
    found = {name: value if isinstance(value, str) else value[0] for name, value in page.query_params.items()}
    return {name: value for name, value in found.items() if name not in ("tab", "script")}


def opened(**link: str) -> AppTest:
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    page.query_params.update(link)
    page.run()
    assert not page.exception
    return page


def switches(page: AppTest) -> dict[str, bool]:
    """The seeding lines by their code, and whether they are on."""
    steps = page.session_state["steps"]
    return {step.code(page.session_state["seed"]): name in steps for name, step in SEEDING_STEPS.items()}


def flip(page: AppTest, *steps: str) -> None:
    """Sets the seeding lines that are on, as a click on one does: AppTest knows nothing of pictures."""
    page.session_state["steps"] = steps
    page.run()
    assert not page.exception


def test_the_page_has_the_agreed_labels() -> None:
    page = opened()
    assert page.title[0].value == "Which seed matters?"
    assert page.number_input(key="seed").label == "Seed"
    assert [toggle.label for toggle in page.toggle] == ["Train at each change"]
    assert {button.label for button in page.button} >= {"Train both runs", "Stop"}
    assert [tab.label for tab in page.tabs] == [two_runs.TAB, every_combination.TAB, many_seeds.TAB, your_script.TAB]


def test_a_bare_address_opens_with_nothing_seeded_and_quick_settings_and_stays_bare() -> None:
    page = opened()
    assert not any(switches(page).values())
    assert (page.number_input(key="images").value, page.number_input(key="epochs").value) == (12_800, 1)
    assert page.toggle[0].value is True
    assert "steps" not in page.query_params
    flip(page, "numpy")
    assert query(page) == {"steps": "numpy", "images": "12800", "epochs": "1"}


def test_the_articles_length_is_a_click_away_and_trains_nothing_by_itself() -> None:
    page = opened()
    next(button for button in page.button if button.label == "As in the article: 60,000 × 3").click().run()
    assert page.toggle[0].value is False
    assert query(page) == {"steps": "none"}
    assert page.session_state["visit"].pair is None
    next(button for button in page.button if button.label == "Quick: 12,800 × 1").click().run()
    assert page.toggle[0].value is True


def test_a_link_opens_what_it_says_and_the_articles_settings_for_the_rest() -> None:
    page = opened(seed="1234")
    assert page.session_state["experiment"] == Experiment(seed=1234)
    assert page.toggle[0].value is False
    assert query(page) == {"seed": "1234"}
    assert page.session_state["visit"].pair is None


def test_the_articles_own_link_is_not_bare() -> None:
    page = opened(seed="1234")
    page.number_input(key="seed").set_value(42).run()
    assert query(page) == {"steps": "numpy,tensorflow,initializers"}


def test_another_tab_alone_is_no_link() -> None:
    assert opened(tab=many_seeds.TAB).session_state["experiment"] == QUICK


def test_a_link_to_a_tab_by_its_earlier_name_opens_it() -> None:
    page = opened(tab="Which seed matters")
    assert "Try every combination" in [button.label for button in page.button]


def test_a_link_sets_the_widgets_and_a_changed_widget_sets_the_link() -> None:
    page = opened(seed="7", steps="numpy", hidden="64")
    assert page.number_input(key="seed").value == 7
    assert switches(page) == {step.code(7): name == "numpy" for name, step in SEEDING_STEPS.items()}
    assert page.number_input(key="hidden").value == 64
    flip(page, "numpy", "python")
    page.number_input(key="seed").set_value(42).run()
    assert query(page) == {"steps": "numpy,python", "hidden": "64"}


def test_who_goes_back_finds_the_settings_of_that_address() -> None:
    page = opened(seed="7")
    page.number_input(key="seed").set_value(8).run()
    page.query_params["seed"] = "7"  # as the browser has it again
    page.run()
    assert page.number_input(key="seed").value == 7
    assert query(page) == {"seed": "7"}


def test_settings_stay_while_another_tab_is_open() -> None:
    page = opened(seed="7", twist="threads:4", hidden="64")
    page.session_state["tab"] = your_script.TAB
    page.run()
    assert not page.exception
    page.session_state["tab"] = two_runs.TAB
    page.run()
    assert query(page) == {"seed": "7", "twist": "threads:4", "hidden": "64"}
    assert page.number_input(key="seed").value == 7


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
    assert page.session_state["visit"].changes == 0


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


@pytest.mark.usefixtures("made_up_programs")
def test_a_change_trains_only_where_that_is_wanted() -> None:
    page = opened(images="640", epochs="1")
    assert page.session_state["visit"].pair is None
    flip(page, "numpy")
    first = page.session_state["visit"].pair
    assert first is not None
    assert first.experiment == Experiment(images=640, epochs=1, steps=("numpy",))
    page.toggle[0].set_value(False).run()
    flip(page)
    assert page.session_state["visit"].pair is first
    assert any(
        "was trained with other settings: `np.random.seed(42)` on (now off)" in text.value for text in page.markdown
    )


def test_what_a_links_sender_had_is_said_to_be_compared() -> None:
    link = {"twist": "one-bit", "epochs": "1", "images": "640", "digest": "0123456789" * 6 + "abcd"}
    page = opened(**link)
    (told,) = [caption.value for caption in page.caption if "sender" in caption.value]
    assert "The sender's final weights of run B, `01234567…`, will be compared with yours." in told
    assert query(page)["digest"] == link["digest"]
    page.number_input(key="epochs").set_value(2).run()
    assert not [caption for caption in page.caption if "sender" in caption.value]
    assert "digest" not in query(page)


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


def test_another_tab_is_a_row_and_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    def draw(visit: Any, visits: Any, now: Any) -> None:
        del visits
        st.markdown(f"Seed {now.experiment.seed}, twice: {2 * now.experiment.seed}; trained: {visit.pair is not None}")

    monkeypatch.setattr(tabs, "TABS", [*tabs.TABS, tabs.Tab("Twice", draw, settings=True)])
    page = opened(tab="Twice", seed="21")
    assert page.tabs[-1].label == "Twice"
    assert "Seed 21, twice: 42; trained: False" in [text.value for text in page.markdown]
    assert page.number_input(key="seed").value == 21
