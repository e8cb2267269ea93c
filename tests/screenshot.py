"""Takes the README's pictures: `python tests/screenshot.py`. Other pictures to look at: add a folder for them."""

import sys
import tempfile
from pathlib import Path

from browsers import chromium
from live_server import ROOT, serve
from playwright.sync_api import Page

WIDE, NARROW = {"width": 1280, "height": 1180}, {"width": 390, "height": 844}


def main() -> None:
    """Pictures of a diverged pair for the README, and of all states, themes and widths for the folder, if any."""
    everything = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as server, chromium() as browser:
        for theme in ("light", "dark"):
            for width, viewport in (("wide", WIDE), ("narrow", NARROW)):
                if width == "narrow" and everything is None:
                    continue
                context = browser.new_context(viewport=viewport, color_scheme=theme)  # type: ignore[arg-type]
                page = context.new_page()
                for state, link, verdict in (
                    ("identical", "seed=7", "Identical"),
                    ("diverged", "seed=7&steps=tensorflow,initializers", "Diverged"),
                ):
                    page.goto(f"{server.address}/?{link}")
                    train(page, verdict)
                    if everything is not None:
                        page.screenshot(path=everything / f"{state}-{theme}-{width}.png", full_page=True)
                    if state == "diverged" and width == "wide":
                        page.screenshot(path=ROOT / ".github" / f"two-runs-{theme}.png")
                context.close()


def train(page: Page, verdict: str) -> None:
    """Trains a pair to its end."""
    page.get_by_role("button", name="Train both runs").click()
    page.get_by_text(verdict).first.wait_for(timeout=120_000)
    page.get_by_text("finished").nth(1).wait_for(timeout=120_000)
    page.mouse.move(0, 0)
    page.wait_for_timeout(1500)  # the last drawing


if __name__ == "__main__":
    main()
