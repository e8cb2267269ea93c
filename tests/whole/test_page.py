"""The page of a real server: what a visitor does, from the link to the verdict, in a real browser; where words alone
are read, over the server's own protocol."""

import contextlib
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from browsers import needs_chromium
from live_server import Server
from playwright.sync_api import Browser, BrowserContext, Page, expect
from playwright.sync_api import TimeoutError as TookTooLongError
from proc import forks, templates
from visitors import Visitor

from repro.experiment.experiment import Experiment
from repro.records import saved
from repro.script.script import script as script_of

pytestmark = needs_chromium
TRAINING = 180_000  # milliseconds that a pair may take


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One for all tests: what a page loads is compiled once."""
    with contextlib.closing(browser.new_context(viewport={"width": 1400, "height": 1100})) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    with contextlib.closing(context.new_page()) as page:
        yield page


def train(page: Page) -> None:
    page.get_by_role("button", name="Train both runs").click()


def test_a_visitor_sees_runs_match_then_differ_and_stops_a_third(server: Server, page: Page) -> None:
    page.goto(f"{server.address}/?seed=7&images=640")
    expect(page.get_by_label("Seed", exact=True)).to_have_value("7")
    train(page)
    expect(page.get_by_text("Identical: bit for bit, 60 of 60 steps, same final weights")).to_be_visible(
        timeout=TRAINING
    )

    line = page.get_by_role("switch", name="np.random.seed(7)", exact=True)
    expect(line).to_be_checked()
    line.click()  # which trains, as a pair takes no longer than a moment
    expect(page.get_by_text("Diverged at step 0: the batch order differs")).to_be_visible(timeout=TRAINING)
    expect(line).not_to_be_checked()
    expect(line).to_be_focused()
    expect(page).to_have_url(re.compile("steps=tensorflow"))
    expect(page.get_by_text("none of the enabled lines seeds it")).to_contain_text("np.random.permutation")
    expect(page.get_by_text("Around the first difference")).to_be_visible()
    expect(page.get_by_role("button", name="Train both runs")).to_be_enabled(timeout=TRAINING)

    page.goto(f"{server.address}/?seed=7&epochs=100")
    train(page)
    expect(page.get_by_text(re.compile(r"step \d[\d,]* of 187,500")).first).to_be_visible(timeout=TRAINING)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile(r"stopped at step [\d,]+"))).to_have_count(2)
    expect(page.get_by_role("button", name="Train both runs")).to_be_enabled()


def test_charts_update_in_place(quick_server: Server, page: Page) -> None:
    page.goto(f"{quick_server.address}/?epochs=100")
    train(page)
    charts = page.get_by_test_id("stVegaLiteChart").locator("canvas, svg.marks")
    expect(charts).to_have_count(2, timeout=TRAINING)
    picture = "node => node.toDataURL ? node.toDataURL() : node.innerHTML"
    early = charts.first.evaluate(picture)
    tagged = charts.first.element_handle()
    assert tagged is not None
    page.wait_for_function(f"([node, early]) => ({picture})(node) !== early", arg=[tagged, early], timeout=TRAINING)
    assert tagged.evaluate("node => node.isConnected")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text(re.compile(r"stopped at step [\d,]+"))).to_have_count(2)
    assert tagged.evaluate("node => node.isConnected")


def test_settings_changed_while_runs_go_leave_the_runs_alone(quick_server: Server) -> None:
    with contextlib.closing(Visitor(quick_server.address, "epochs=5")) as visitor:
        visitor.click("Train both runs")
        visitor.wait_for(r"step \d[\d,]* of 9,375")
        assert visitor.state("Train at each change") is False
        visitor.set("Seed", 8)
        visitor.wait_for(r"was trained with other settings: seed 42 \(now 8\)")
        visitor.wait_until(lambda: "seed=8" in visitor.query)
        visitor.wait_for("Identical: bit for bit, 9,375 of 9,375 steps")


def test_a_killed_run_says_so_and_the_other_continues(quick_server: Server) -> None:
    with contextlib.closing(Visitor(quick_server.address, "epochs=12")) as visitor:
        visitor.click("Train both runs")
        visitor.wait_for(r"step \d[\d,]* of 22,500")
        (template,) = templates(quick_server.process)
        os.kill(forks(template)[0], signal.SIGKILL)
        visitor.wait_for(r"was killed \(signal 9\)")
        visitor.wait_for("finished")
        visitor.wait_for("No verdict")


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def test_every_combination_is_tried_in_both_ways_and_a_row_opens_it(quick_server: Server, page: Page) -> None:
    page.goto(f"{quick_server.address}/?images=320&epochs=1&seed=7")
    open_tab(page, "Every combination")
    expect(page.get_by_text("not tried yet").first).to_be_visible()
    expect(page.get_by_text(re.compile("64 trainings, about \\d+ (seconds|minutes)"))).to_be_visible()
    page.get_by_role("button", name="Try every combination").click()
    expect(page.get_by_text("so the training repeats exactly with")).to_be_visible(timeout=TRAINING)
    expect(page.get_by_role("button", name="Try every combination")).to_be_enabled(timeout=TRAINING)

    def expect_marks(steps: str, marks: list[str]) -> None:
        row = page.get_by_role("row").filter(has=page.get_by_role("link", name=f"Open {steps}", exact=True))
        expect(row.locator(".mark")).to_have_text([re.compile(f"{mark}$") for mark in marks])

    page.get_by_text("All 16 combinations", exact=True).click()
    expect_marks("none", ["differs", "differs", "differs"])
    expect_marks("numpy + initializers", ["same", "same", "same"])
    expect_marks("tensorflow", ["same", "differs", "differs"])
    recipe = page.get_by_role("row").filter(has_text="NumPy alone")
    expect(recipe).to_contain_text("not sufficient")
    expect(recipe.get_by_role("link")).to_have_attribute("href", re.compile("numpy.org"))
    page.get_by_role("radio", name="The notebook cell is run again").click()
    expect(page.get_by_text("Why the two ways can differ")).to_be_visible()
    page.get_by_text("All 16 combinations", exact=True).click()
    expect_marks("numpy + initializers", ["differs", "same", "differs"])

    page.get_by_role("link", name="Open numpy + tensorflow", exact=True).click()
    expect(page).to_have_url(re.compile("steps=numpy(,|%2C)tensorflow(&|$)"))
    train(page)
    expect(page.get_by_text("Identical: bit for bit, 200 of 200 steps")).to_be_visible(timeout=TRAINING)
    open_tab(page, "Every combination")
    expect(page.get_by_text("so the training repeats exactly with")).to_be_visible()  # it is the same visit


def test_a_matrix_can_be_stopped_and_what_was_found_stays(quick_server: Server) -> None:
    link = "tab=Every+combination"
    with contextlib.closing(Visitor(quick_server.address, link)) as visitor:
        visitor.wait_for("64 trainings")
        drawn = visitor.finished_runs
        visitor.set("Images of each run", 60_000.0)
        visitor.wait_until_drawn(drawn)
        visitor.click("Try every combination")
        visitor.wait_for(r"[1-9]\d* of 16 combinations tried so far")
        visitor.click("Stop")
        visitor.wait_for(r"[1-9]\d* of 16 combinations tried, then the study was stopped")

        def can_be_tried_again() -> bool:
            buttons = (one.content for one in visitor.elements("button"))
            return [one.disabled for one in buttons if one.label == "Try every combination"] == [False]

        visitor.wait_until(can_be_tried_again)


def test_many_seeds_are_trained_beside_the_pair(quick_server: Server) -> None:
    with contextlib.closing(Visitor(quick_server.address, "images=320&epochs=1&twist=seed")) as visitor:
        visitor.click("Train both runs")
        visitor.wait_for("Diverged at step 0")
        visitor.wait_until(lambda: visitor.count("finished · test accuracy") == 2)
    with contextlib.closing(
        Visitor(quick_server.address, f"{visitor.query}&tab=Many+seeds", cookie=visitor.cookie)
    ) as visitor:
        visitor.set("How many seeds", 5)
        visitor.click("Train all seeds")
        visitor.wait_for("in 5 seeds: two results")
        visitor.wait_for("The pair on the first tab")


def test_the_keras_program_is_chosen_by_link_and_says_what_draws_its_batches(server: Server) -> None:
    link = "program=keras&images=320&epochs=1&steps=initializers"
    with contextlib.closing(Visitor(server.address, link)) as visitor:
        visitor.click("Train both runs")
        visitor.wait_for("Diverged at step 0: the batch order differs")
        assert "tf.random.shuffle" in visitor.wait_for("none of the enabled lines seeds it")


def test_a_link_puts_no_link_and_no_picture_into_the_page(quick_server: Server, page: Page) -> None:
    evil = "[a](//evil.example) ![](//evil.example/b.png) https://evil.example www.evil.example :material/home:"
    for beginning in range(0, len(evil), 20):  # what is quoted of it is short
        page.goto(f"{quick_server.address}/?seed={quote(evil[beginning:])}")
        refusal = page.get_by_text("This link cannot be opened")
        expect(refusal).to_be_visible()
        expect(refusal.locator("a, img, span")).to_have_count(0)


def test_one_bit_is_reported_as_a_story_from_the_first_step_to_the_images_read_differently(
    server: Server, page: Page
) -> None:
    page.goto(f"{server.address}/?images=640")
    page.get_by_role("combobox", name="Run B").click()
    page.get_by_role("option", name="one bit of one weight").click()
    expect(page).to_have_url(re.compile("twist=one-bit"))
    expect(page.get_by_text("Diverged at step 0: the initial weights differ")).to_be_visible(timeout=TRAINING)
    expect(page.get_by_role("img", name=re.compile("Batches: the same in every step"))).to_be_visible(timeout=TRAINING)
    expect(page.get_by_role("img", name="Weights: differs")).to_be_visible()
    expect(page.get_by_text("an unmodified repeat of run A was bitwise identical")).to_be_visible(timeout=TRAINING)
    expect(page.get_by_text(re.compile("of 10,000 test images are read differently"))).to_be_visible()
    page.get_by_text("The bit, and how far its difference spreads").click()
    expect(page.get_by_text("Changed in run B: the weight from the pixel in row")).to_be_visible()
    expect(page.get_by_text("What this change can do")).to_be_visible()

    # The page is drawn anew when all runs have ended, which closes a list that is open: then it is opened again.
    expect(page.get_by_role("button", name="Train both runs")).to_be_enabled(timeout=TRAINING)
    for _ in range(4):
        page.get_by_role("combobox", name="Run B").click()
        with contextlib.suppress(TookTooLongError):
            page.get_by_role("option", name="another seed").click(timeout=4000)
            break
    page.get_by_role("spinbutton", name="Seed of run B").fill("7")
    page.get_by_role("spinbutton", name="Seed of run B").press("Enter")
    expect(page).to_have_url(re.compile("twist=seed(:|%3A)7"))
    expect(page.get_by_text("42 in run A, 7 in run B").first).to_be_visible(timeout=TRAINING)
    page.get_by_text("The test images that are read differently").click()
    expect(page.get_by_text(re.compile(r"^\d: A \d, B \d$")).first).to_be_visible()
    # Run A of the last pair is at hand to compare with: no control run is trained again.
    expect(page.get_by_text("an unmodified run A of an earlier pair was bitwise identical")).to_be_visible()


def test_what_was_trained_is_taken_home_and_opened_again(quick_server: Server, page: Page, tmp_path: Path) -> None:
    page.goto(f"{quick_server.address}/?images=320&epochs=1&twist=one-bit")
    train(page)
    expect(page.get_by_text("finished")).to_have_count(2, timeout=TRAINING)
    with page.expect_download() as script:
        page.get_by_role("button", name="Download the script of run B").click()
    source = script.value.path().read_text(encoding="utf-8")
    assert source == script_of(Experiment(images=320, epochs=1), "one-bit")
    with page.expect_download() as csv:
        page.get_by_role("button", name="Download every step (CSV)").click()
    assert len(csv.value.path().read_text(encoding="utf-8").splitlines()) == 21
    with page.expect_download() as record:
        page.get_by_role("button", name="Download the record (JSON)").click()
    file = tmp_path / "record.json"
    record.value.save_as(file)
    assert saved.read(file.read_bytes()).twist == "one-bit"

    page.get_by_text("Include this machine's result").click()
    link = page.get_by_text(re.compile(r"http://.*digest=[0-9a-f]{64}"))
    expect(link).to_be_visible()
    address = link.inner_text()

    page.get_by_text("Open a record").click()
    picture = tmp_path / "curves.png"
    picture.write_bytes(b"PNG")
    page.locator("input[type=file]").set_input_files(picture)
    why = page.get_by_role("alert").filter(has_text="image/png files are not allowed")
    expect(why).to_be_visible()
    assert why.evaluate("node => node.clientWidth") > 100  # not for screen readers alone
    damaged = tmp_path / "damaged.json"
    damaged.write_bytes(file.read_bytes().replace(b"0.", b"1.", 1))
    page.locator("input[type=file]").set_input_files(damaged)
    expect(page.get_by_text("This record cannot be opened: it is damaged")).to_be_visible()
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("In the record: Diverged at step 0: the initial weights differ")).to_be_visible()
    page.get_by_role("button", name="Train it here, and compare").click()
    expect(page.get_by_text("Same as the record")).to_be_visible(timeout=TRAINING)

    page.goto(address)
    train(page)
    expect(page.get_by_text("Same as the sender's machine")).to_be_visible(timeout=TRAINING)
    page.goto(re.sub("digest=.", "digest=" + ("0" if "digest=1" in address else "1"), address))
    train(page)
    expect(page.get_by_text("Differs from the sender's machine")).to_be_visible(timeout=TRAINING)
    page.get_by_role("switch", name="np.random.seed(42)", exact=True).click()
    expect(page).not_to_have_url(re.compile("digest"))


def test_the_page_loads_neither_tensorflow_nor_keras(server: Server) -> None:
    with contextlib.closing(Visitor(server.address, "images=64&epochs=1")) as visitor:
        visitor.click("Train both runs")
        visitor.wait_for("Identical: bit for bit, 2 of 2 steps")
    modules = server.modules()
    assert "repro.views.two_runs" in modules
    assert not {name.partition(".")[0] for name in modules} & {"tensorflow", "keras"}


def test_the_path_leads_from_nothing_seeded_to_every_combination(quick_server: Server, page: Page) -> None:
    page.goto(quick_server.address)
    path = page.get_by_role("navigation", name="The path")
    here = path.locator("[aria-current=step]")
    expect(here).to_have_text(re.compile("Nothing seeded"))
    page.get_by_role("button", name="no: initial weights").click()
    expect(page.get_by_text("Diverged at step 0: the initial weights differ")).to_be_visible(timeout=TRAINING)
    expect(page.get_by_text("You guessed it")).to_be_visible()
    for title, address in (("NumPy", "steps=numpy&"), ("TensorFlow", "steps=tensorflow&"), ("Three lines", "epochs=1")):
        path.get_by_role("link", name=f"Next: {title}").click()
        expect(here).to_have_text(re.compile(title))
        expect(page).to_have_url(re.compile(re.escape(address)))
        expect(page.get_by_text("Will the second training repeat the first?")).to_be_visible()
    page.get_by_role("button", name="yes, to the bit").click()
    expect(page.get_by_text("Identical: bit for bit, 400 of 400 steps")).to_be_visible(timeout=TRAINING)
    expect(page.get_by_text(re.compile("Seeded: the initial weights by"))).to_be_visible()
    with page.context.expect_page() as opened:  # each step is a link
        path.get_by_role("link", name="Remove one", exact=False).first.click(modifiers=["Control"])
    with contextlib.closing(opened.value) as other:
        expect(other.get_by_role("navigation", name="The path").locator("[aria-current]")).to_have_text(
            re.compile("Remove one")
        )
    path.get_by_role("link", name="Every combination").click()
    expect(page.get_by_role("button", name="Try every combination")).to_be_visible()


def test_earlier_pairs_are_held_against_the_last(quick_server: Server, page: Page) -> None:
    page.goto(f"{quick_server.address}/?images=640&epochs=1")
    train(page)
    expect(page.get_by_text("Identical: bit for bit, 20 of 20 steps")).to_be_visible(timeout=TRAINING)
    expect(page.get_by_role("button", name="Train both runs")).to_be_enabled()
    page.get_by_role("switch", name="np.random.seed(42)", exact=True).click()
    expect(page.get_by_text("Diverged at step 0: the batch order differs")).to_be_visible(timeout=TRAINING)
    shelf = page.get_by_role("group", name="Pairs tried before")
    before = shelf.get_by_role("button", name="numpy + tensorflow + initializers").first
    before.click()
    expect(before).to_have_attribute("aria-pressed", "true")
    strips = page.get_by_role("group", name=re.compile("Where both runs match"))
    expect(strips).to_have_count(2)
    expect(strips.nth(1).get_by_role("img", name="Batches: the same in every step")).to_be_visible()
    expect(strips.nth(0).get_by_role("img", name="Batches: differs")).to_be_visible()
    before.click()
    expect(strips).to_have_count(1)


def test_a_change_stops_the_runs_in_progress_and_trains_anew(quick_server: Server) -> None:
    with contextlib.closing(Visitor(quick_server.address, "epochs=100")) as visitor:
        visitor.set("Train at each change", True)
        visitor.click("Train both runs")
        visitor.wait_for(r"step \d[\d,]* of 187,500")
        visitor.press("np.random.seed(42)")
        visitor.wait_for("Diverged at step 0: the batch order differs")
        visitor.wait_until(lambda: "steps=tensorflow" in visitor.query)
        visitor.wait_for(r"step \d[\d,]* of 187,500")
        visitor.click("Stop")
        visitor.wait_until(lambda: visitor.count("stopped at step") == 2)
