"""The stage in a real browser: what one screen shows, that it stands still, what is announced, and what is asked of
other hosts."""

import contextlib
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import axe_playwright_python
import pytest
from browsers import needs_chromium
from live_server import Server
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, ViewportSize, expect

pytestmark = needs_chromium
VIEWPORT: ViewportSize = {"width": 1280, "height": 720}
TRAINING = 120_000  # milliseconds that a pair may take
# What is drawn on each tab by the server: once it is there, the script has run for the tab.
TABS = {
    "Two runs": "Train both runs",
    "Every combination": "Try every combination",
    "Many seeds": "Train all seeds",
    "Your script": "Audit",
}
OF_THE_PAIR = ("Two runs",)  # those that show something else once a pair was trained
# No script runs, nothing is dimmed as out of date, and no part of the page is being loaded, as that which colours code.
SETTLED = """() => document.querySelector('.stApp[data-test-script-state=notRunning]') !== null
    && document.querySelector('[data-stale=true], [data-testid=stSkeleton]') === null"""
# The sum of what the browser has seen move: https://web.dev/articles/cls; at most 0.1 is good.
SHIFT = """() => new Promise(tell => {
    let sum = 0;
    new PerformanceObserver(list => { for (const one of list.getEntries()) sum += one.value; })
        .observe({ type: 'layout-shift', buffered: true });
    setTimeout(() => tell(sum), 300);
})"""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")  # axe-core 4.12


class Watched:
    """A page, and the complaints in its console and its network."""

    def __init__(self, context: BrowserContext, server: Server) -> None:
        self.page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("request", lambda request: self._see(request.url, server.address))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("warning", "error"):
            self.complaints.append(f"console: {message.text}")

    def _see(self, url: str, address: str) -> None:
        if not url.startswith((address, address.replace("http", "ws", 1), "data:", "blob:")):
            self.complaints.append(f"request: {url}")


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One for all tests that ask for nothing else: what a page loads is compiled once."""
    with contextlib.closing(browser.new_context(viewport=VIEWPORT)) as context:
        yield context


@contextlib.contextmanager
def watched(context: BrowserContext, server: Server) -> Iterator[Watched]:
    watch = Watched(context, server)
    with contextlib.closing(watch.page):
        yield watch


def train(page: Page) -> None:
    page.get_by_role("button", name="Train both runs").click()


def settle(page: Page) -> None:
    """Waits until the page is drawn to the end, in its own fonts: those that stand in for them may be wider."""
    page.wait_for_function(SETTLED, timeout=TRAINING)
    page.evaluate("() => document.fonts.ready.then(() => true)")


def bottom(element: Locator) -> float:
    expect(element).to_be_visible(timeout=TRAINING)
    return sum(place(element))


def place(element: Locator) -> tuple[float, float]:
    """Where an element begins and how high it is; looked for again if it is being drawn anew at this moment."""
    while (box := element.bounding_box()) is None:
        element.page.wait_for_timeout(50)
    return box["y"], box["height"]


def places(parts: list[Locator], wanted: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Where the parts are, looked at again for five seconds if not as `wanted`: on a busy machine an element that is
    being drawn anew is measured without its content."""
    end = time.monotonic() + 5
    while (found := [place(part) for part in parts]) != wanted and time.monotonic() < end:
        parts[0].page.wait_for_timeout(100)
    return found


def stage(page: Page) -> dict[str, Locator]:
    """What a first screen holds, from top to bottom."""
    charts = page.get_by_test_id("stVegaLiteChart")
    return {
        "train": page.get_by_role("button", name="Train both runs"),
        "stop": page.get_by_role("button", name="Stop"),
        "verdict": page.get_by_text(re.compile("^(Identical|Diverged)")),
        "run A": page.get_by_role("progressbar", name="Run A"),
        "run B": page.get_by_role("progressbar", name="Run B"),
        "loss": charts.nth(0),
        "difference": charts.nth(1),
        "strip": page.get_by_role("group", name="Where both runs match"),
    }


def test_one_screen_shows_the_stage(quick_server: Server, context: BrowserContext) -> None:
    with watched(context, quick_server) as watch:
        page = watch.page
        page.goto(f"{quick_server.address}/?images=640&epochs=1&steps=tensorflow&dropout=0.2")
        wiring = page.get_by_role("group", name="What seeds what in this program")
        expect(wiring).to_be_visible()
        settle(page)
        assert bottom(wiring) <= 720
        train(page)
        expect(stage(page)["verdict"]).to_be_visible(timeout=TRAINING)
        expect(wiring.get_by_text("= same")).to_have_count(2, timeout=TRAINING)  # initial weights and dropout masks
        digests = wiring.locator(".same code, .differs code")
        assert digests.evaluate_all("nodes => nodes.map(node => node.getClientRects().length)") == [1] * 4  # lines
        for width, height in ((1280, 720), (1366, 768), (1920, 1080), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            fits(page, width, height)
            assert page.locator(".stMain").evaluate("node => node.scrollHeight") <= (2600 if width == 390 else 1800)
        assert watch.complaints == []


def fits(page: Page, width: int, height: int) -> None:
    """Fails if an element of the stage is not on the first screen; a chart may take a moment to get its new size."""
    on_stage = {name: part for name, part in stage(page).items() if width > 390 or name in ("train", "stop")}
    on_stage |= {name: page.get_by_label(name, exact=True).first for name in ("Seed", "Run B")}
    for code in ("np.random.seed(42)", "tf.random.set_seed(42)", "initializer seeds", "random.seed(42)"):
        on_stage[code] = page.get_by_role("switch", name=code, exact=True)
    end = time.monotonic() + 10
    while below := [name for name, part in on_stage.items() if bottom(part) > height]:
        assert time.monotonic() < end, (width, height, below)
        page.wait_for_timeout(100)
    assert page.evaluate("document.querySelector('.stMain').scrollWidth <= innerWidth")


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (768, 1024), (390, 844)])
def test_nothing_moves_while_the_page_is_loaded_and_nothing_is_overprinted(
    quick_server: Server, browser: Browser, width: int, height: int
) -> None:
    with contextlib.closing(browser.new_context(viewport={"width": width, "height": height})) as context:  # loads anew
        page = context.new_page()
        page.goto(quick_server.address)
        expect(page.get_by_role("group", name="What seeds what in this program")).to_be_visible()
        settle(page)
        page.wait_for_function("document.documentElement.classList.contains('drawn')")
        assert page.evaluate(SHIFT) <= 0.01
        tabs = page.get_by_role("tab").first.locator("p")
        title, tab = (part.bounding_box() for part in (page.get_by_role("heading").first, tabs))
        assert title is not None
        assert tab is not None
        beside = title["x"] + title["width"] <= tab["x"]
        assert beside or title["y"] + title["height"] <= tab["y"]


def test_nothing_on_the_stage_moves_from_the_click_to_the_verdict(quick_server: Server, browser: Browser) -> None:
    with (  # a visit that has no earlier pair: one with dropout has a row more in its strip
        contextlib.closing(browser.new_context(viewport=VIEWPORT)) as context,
        watched(context, quick_server) as watch,
    ):
        page = watch.page
        page.goto(f"{quick_server.address}/?images=60000&epochs=12&twist=one-bit")
        train(page)
        strip = stage(page)["strip"]
        expect(page.get_by_text(re.compile(r"No step yet|step \d[\d,]* of 22,500")).first).to_be_attached(
            timeout=TRAINING
        )
        at_first = place(strip)
        parts = [part for name, part in stage(page).items() if name != "verdict"]
        expect(page.get_by_text(re.compile(r"step \d[\d,]* of 22,500")).first).to_be_visible(timeout=TRAINING)
        for chart in (0, 1):  # each is drawn by what the browser loads for the first chart
            expect(page.get_by_test_id("stVegaLiteChart").nth(chart).locator("canvas")).to_be_visible(timeout=TRAINING)
        before = [place(part) for part in parts]
        assert at_first in before
        expect(page.get_by_text("bitwise identical")).to_be_visible(timeout=TRAINING)
        assert places(parts, before) == before
        page.get_by_role("switch", name="random.seed(42)", exact=True).click()
        expect(page.get_by_text("was trained with other settings")).to_be_visible()
        assert places(parts, before) == before


def test_what_is_typed_is_what_is_trained(quick_server: Server, browser: Browser) -> None:
    """Typed and followed at once by a tap, or by a press and release without a pause."""
    with (
        contextlib.closing(browser.new_context(viewport=VIEWPORT, has_touch=True)) as context,
        watched(context, quick_server) as watch,
    ):
        page = watch.page
        page.goto(f"{quick_server.address}/?images=640&epochs=1")
        seed = page.get_by_role("spinbutton", name="Seed")
        button = page.get_by_role("button", name="Train both runs")
        for value, press in (("77", button.tap), ("78", button.click)):
            expect(button).to_be_enabled(timeout=TRAINING)
            seed.fill(value)
            press()
            expect(page).to_have_url(re.compile(f"seed={value}"))
            expect(page.get_by_text("Identical")).to_be_visible(timeout=TRAINING)
            expect(page.get_by_text("was trained with other settings")).to_have_count(0)
        seed.fill("-5")
        seed.press("Enter")
        expect(page.get_by_text("Seed cannot be -5: it takes a whole number")).to_be_visible()
        expect(button).to_be_disabled()


def focus(page: Page, name: str, role: Any) -> None:
    """Presses the tab key until the element has the focus."""
    wanted = page.get_by_role(role, name=name).first
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("node => node === document.activeElement"):
            return
    raise AssertionError(f"the keyboard does not reach {name}")


def test_the_keyboard_alone_changes_a_step_trains_and_stops(quick_server: Server, context: BrowserContext) -> None:
    with watched(context, quick_server) as watch:
        page = watch.page
        page.goto(f"{quick_server.address}/?epochs=100&images=60000")
        expect(page.get_by_role("button", name="Train both runs")).to_be_enabled()

        focus(page, "np.random.seed(42)", "switch")
        page.keyboard.press("Space")
        expect(page).to_have_url(re.compile("steps=tensorflow"))
        focus(page, "Train both runs", "button")
        page.keyboard.press("Enter")
        verdict = page.get_by_role("alert").filter(has_text="Diverged at step 0: the batch order differs")
        expect(verdict).to_be_visible(timeout=TRAINING)
        focus(page, "Stop", "button")
        page.keyboard.press("Enter")
        expect(page.get_by_text(re.compile(r"stopped at step [\d,]+"))).to_have_count(2, timeout=TRAINING)


def test_a_lost_connection_is_reported_until_it_is_back(quick_server: Server, context: BrowserContext) -> None:
    """A suspended server is to a page like a lost network: the socket stays open, and nothing arrives."""
    with watched(context, quick_server) as watch:
        watch.page.goto(f"{quick_server.address}/?images=640&epochs=1")
        train(watch.page)
        expect(watch.page.get_by_text("finished")).to_have_count(2, timeout=TRAINING)
        note = watch.page.get_by_role("alert").filter(has_text="Connection lost")
        expect(note).to_have_count(0)
        os.kill(quick_server.process, signal.SIGSTOP)
        try:
            expect(note).to_be_visible(timeout=40_000)
        finally:
            os.kill(quick_server.process, signal.SIGCONT)
        expect(note).to_have_count(0, timeout=40_000)


def test_a_guess_is_judged_and_counted(quick_server: Server, browser: Browser) -> None:
    link = f"{quick_server.address}/?images=640&epochs=1&seed=4711&steps=tensorflow"
    for guess, words in (
        ("yes, to the bit", "You guessed “yes, to the bit”."),
        ("no: batch order", "You guessed it, as did 0 of 1 others here."),
    ):
        with (
            contextlib.closing(browser.new_context(viewport=VIEWPORT)) as context,
            watched(context, quick_server) as watch,
        ):
            watch.page.goto(link)
            watch.page.get_by_role("button", name=guess).click()  # which trains
            expect(watch.page.get_by_text(words)).to_be_visible(timeout=TRAINING)


def test_no_serious_barrier_in_any_tab(quick_server: Server, context: BrowserContext) -> None:
    with watched(context, quick_server) as watch:
        page = watch.page
        found = {}
        schemes = list(SCHEMES)
        for trained in (False, True):
            page.goto(f"{quick_server.address}/?images=640&epochs=1&twist=one-bit")
            if trained:
                train(page)
                expect(page.get_by_text("bitwise identical")).to_be_visible(timeout=TRAINING)
            for tab in TABS if trained else OF_THE_PAIR:
                drawn = TABS[tab]
                page.get_by_role("tab", name=tab).click()
                expect(page.get_by_role("button", name=drawn, exact=True)).to_be_visible()
                settle(page)
                page.add_script_tag(path=AXE)
                for scheme in schemes:  # a page follows the theme of its system
                    page.emulate_media(color_scheme=scheme)
                    expect(page.get_by_test_id("stApp")).to_have_css("color-scheme", scheme)
                    page.wait_for_timeout(500)  # until the page has asked to be drawn anew
                    if barriers := lasting_barriers(page, []):
                        found[f"{tab}, {scheme}, trained: {trained}"] = barriers
                schemes.reverse()
        assert found == {}


def lasting_barriers(page: Page, left_out: list[str]) -> list[str]:
    """The serious barriers that axe finds outside of the parts `left_out`, looked for again for some seconds: a page is
    drawn anew after its theme has changed."""
    end = time.monotonic() + 10
    while True:
        settle(page)
        violations = page.evaluate(
            "exclude => axe.run({include: [document], exclude}, {resultTypes: ['violations']})", left_out
        )["violations"]
        found = [
            f"{violation['id']}: {[node['html'][:160] for node in violation['nodes']]}"
            for violation in violations
            if violation["impact"] in ("serious", "critical")
        ]
        if not found or time.monotonic() > end:
            return found
        page.wait_for_timeout(200)
