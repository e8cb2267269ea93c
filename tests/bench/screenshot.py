"""Takes the README's pictures: `python tests/bench/screenshot.py`. Name a folder for all states too."""

import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from browsers import chromium
from live_server import ROOT, serve
from playwright.sync_api import Page

WIDE, NARROW = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
TIMEOUT = 400_000  # milliseconds
SMALL = "images=3200&epochs=1"  # for the many runs of a study
FORGOTTEN = "steps=tensorflow,initializers"


def main() -> None:
    """Pictures of a diverged pair for the README, or of everything for the folder, if one is given."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as temporary, serve(Path(temporary)) as server, chromium() as browser:
        for theme in ("light", "dark"):
            for width, viewport in (("wide", WIDE), ("narrow", NARROW)):
                if width == "narrow" and folder is None:
                    continue
                context = browser.new_context(viewport=viewport, color_scheme=theme)  # type: ignore[arg-type]
                page = context.new_page()
                page.set_default_timeout(TIMEOUT)
                if width == "wide":
                    page.goto(f"{server.address}/?{FORGOTTEN}")
                    train(page)
                    page.screenshot(path=ROOT / ".github" / f"two-runs-{theme}.png")
                if folder is not None:
                    everything(page, server.address, folder, f"{theme}-{width}.png")
                context.close()


def everything(page: Page, address: str, folder: Path, end: str) -> None:
    """Pictures of the page's states."""
    page.goto(f"{address}/")
    page.get_by_role("button", name="Train both runs").wait_for()
    page.wait_for_timeout(2000)
    page.screenshot(path=folder / f"1-first-view-{end}")
    page.goto(f"{address}/?steps=numpy,tensorflow,initializers")
    page.get_by_role("button", name="Train both runs").click()
    page.get_by_text(re.compile(r"step [23],\d{3} of 5,625")).first.wait_for()
    page.screenshot(path=folder / f"2-during-a-run-{end}")
    finished(page)
    page.screenshot(path=folder / f"3-identical-{end}")
    for name, link in (("4-diverged", FORGOTTEN), ("5-one-bit", "twist=one-bit")):
        page.goto(f"{address}/?{link}")
        train(page)
        page.screenshot(path=folder / f"{name}-{end}")
    your_script(page, address, folder, end)
    page.goto(f"{address}/?{SMALL}")
    page.get_by_role("tab", name="Every combination").click()
    page.get_by_role("button", name="Try every combination").click()
    page.get_by_text("so the training repeats").wait_for()
    page.get_by_role("tab", name="Many seeds").click()
    page.get_by_role("button", name="Train all seeds").click()
    page.get_by_text("in 10 seeds").wait_for()
    page.wait_for_timeout(2000)
    page.screenshot(path=folder / f"7-many-seeds-{end}")
    page.get_by_role("tab", name="Every combination").click()
    page.get_by_role("button", name="Try every combination").and_(page.locator(":enabled")).wait_for()
    page.wait_for_timeout(2000)
    page.screenshot(path=folder / f"6-matrix-{end}")


def your_script(page: Page, address: str, folder: Path, end: str) -> None:
    """Pictures of an audit that finds a cause: before, during, after."""
    page.goto(f"{address}/?tab=Your+script&script=own_generator")
    audit = page.get_by_role("button", name="Audit", exact=True)
    audit.wait_for()
    page.wait_for_timeout(2000)
    page.screenshot(path=folder / f"8-your-script-before-{end}")
    audit.click()
    page.get_by_text("Looking for the cause").first.wait_for()
    page.wait_for_timeout(1500)
    page.screenshot(path=folder / f"8-your-script-during-{end}")
    page.get_by_role("button", name="Prove it").wait_for()
    page.mouse.move(0, 0)
    page.wait_for_timeout(2000)
    page.screenshot(path=folder / f"8-your-script-after-{end}")


def train(page: Page) -> None:
    """Trains a pair to its end."""
    page.get_by_role("button", name="Train both runs").click()
    finished(page)


def finished(page: Page) -> None:
    """Waits until a pair has finished, with its control run, and is drawn."""
    page.get_by_text("finished").nth(1).wait_for()
    page.get_by_role("button", name="Train both runs").and_(page.locator(":enabled")).wait_for()
    page.mouse.move(0, 0)
    page.wait_for_timeout(2000)  # the last drawing


if __name__ == "__main__":
    main()
