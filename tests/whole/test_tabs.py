"""Each tab as it is opened: nothing that is shown moves while the page is loaded; and a pair on paper."""

import contextlib
import re

import pytest
from browsers import needs_chromium
from live_server import Server
from playwright.sync_api import Browser, expect

pytestmark = needs_chromium
MAX_SHIFT = 0.1  # what https://web.dev/articles/cls calls good
# Of each shift that the browser sees, its part of https://wicg.github.io/layout-instability/.
OBSERVE = """window.shifts = [];
new PerformanceObserver(list => window.shifts.push(...list.getEntries().map(one => one.value)))
    .observe({type: 'layout-shift', buffered: true});"""
TABS = {
    "Two runs": "Train both runs",
    "Every combination": "Try every combination",
    "Many seeds": "Train all seeds",
    "Your script": "Audit",
}


@pytest.mark.parametrize(("tab", "button"), TABS.items())
def test_what_is_shown_while_a_tab_is_loaded_stays_where_it_is(
    tab: str, button: str, quick_server: Server, browser: Browser
) -> None:
    with contextlib.closing(browser.new_context(viewport={"width": 1280, "height": 720})) as context:
        page = context.new_page()
        page.add_init_script(OBSERVE)
        page.goto(f"{quick_server.address}/?tab={tab.replace(' ', '+')}")
        expect(page.get_by_role("button", name=button, exact=True)).to_be_visible()
        page.wait_for_function("document.documentElement.classList.contains('drawn')")
        page.wait_for_timeout(1000)  # what comes later would be seen to move
        shifts = page.evaluate("window.shifts")
        assert sum(shifts) <= MAX_SHIFT, shifts


def test_a_pair_is_printed_on_one_page_without_what_one_presses(quick_server: Server, browser: Browser) -> None:
    with contextlib.closing(browser.new_context(viewport={"width": 1280, "height": 720})) as context:
        page = context.new_page()
        page.goto(f"{quick_server.address}/?images=640&epochs=1&steps=tensorflow")
        page.get_by_role("button", name="Train both runs").click()
        expect(page.get_by_text("Diverged at step 0: the batch order differs").first).to_be_visible()
        expect(page.get_by_role("button", name="Train both runs")).to_be_enabled()
        paper = page.pdf(format="A4")
        assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
        page.emulate_media(media="print")
        expect(page.get_by_text("Diverged at step 0: the batch order differs").first).to_be_visible()
        expect(page.get_by_role("button", name="Train both runs")).to_have_count(0)
        expect(page.get_by_role("tab").first).to_be_hidden()
