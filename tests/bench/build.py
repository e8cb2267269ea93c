"""Speed of the page of one checkout, as JSON: `python tests/bench/build.py CHECKOUT`.

`benchmark.py` compares two of them: all that is asked of a checkout is what an earlier one has, too.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CHECKOUT = Path(sys.argv[1]).resolve()
sys.path[:0] = [str(CHECKOUT / name) for name in ("tests/support", "tests", ".")]
os.chdir(CHECKOUT)

from browsers import chromium  # noqa: E402
from live_server import Server, serve  # noqa: E402
from playwright.sync_api import Locator  # noqa: E402
from streamlit.testing.v1 import AppTest  # noqa: E402
from visitors import Visitor  # noqa: E402

# One drawing of all that changes while a pair trains, the article's at step 5,000 of 5,625, of an earlier page too.
STAGE = """
import time
from types import SimpleNamespace
import numpy as np
import streamlit as st
from records import history
from repro.engine.run import Run
from repro.experiment.experiment import Experiment
from repro.server.guesses import Guesses
from repro.studies.pair import Pair
from repro.views import two_runs

experiment = Experiment(steps=("tensorflow", "initializers"))
if "pair" not in st.session_state:
    pair = Pair(experiment, "none", Run(experiment), Run(experiment))
    unknown = dict.fromkeys(("final_weights", "predictions", "batch_order"))
    pair.a.history, pair.b.history = (history(experiment, steps_done=5_000, **unknown) for _ in range(2))
    pair.b.history.loss[7:] += np.float32(1e-3)
    pair.b.history.batch += 1
    pair.b.history.weights += 1
    st.session_state.update({"pair": pair, "expected": None, "refused_link": None})
pair, guesses = st.session_state.pair, Guesses()
visit = SimpleNamespace(pair=pair, tried=[], name="", place=None, pair_running=True, others_wait=False)
if hasattr(two_runs, "controls") and "seed" not in st.session_state:
    two_runs.controls.show(experiment)
began = time.process_time()
if hasattr(two_runs, "controls"):
    two_runs._stage(visit, guesses)
else:
    two_runs._pair(visit, guesses, pair, (experiment, "none"), None)
st.session_state.seconds = time.process_time() - began
"""

QUICK = "images=12800&epochs=1"
NOTHING = f"?{QUICK}&steps=none"
DIVERGED = "//*[starts-with(normalize-space(text()), 'Diverged')]"
ALL_THE_SAME = "//*[@role='img'][starts-with(@aria-label, 'Weights: the same in every step')]"
# The page's own clock, at the click and at what then appears: Playwright looks again after up to half a second.
WATCH = """(wanted) => {
    window.clicked = window.appeared = null;
    document.addEventListener('click', () => { window.clicked = performance.now(); }, { capture: true, once: true });
    window.watching?.disconnect();
    window.watching = new MutationObserver(() => {
        const found = document.evaluate(wanted, document, null, XPathResult.BOOLEAN_TYPE).booleanValue;
        if (window.clicked && found) window.appeared ??= performance.now();
    });
    window.watching.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
}"""
TIMES = 5
MILLISECONDS = 120_000
REDRAWS = 20


def main() -> None:
    """Prints what was measured."""
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as server:
        found = in_a_browser(server) | to_a_visitor(server)
    print(json.dumps(found | {"redraw": redraw_seconds()}))


def in_a_browser(server: Server) -> dict[str, float]:
    """Seconds from a click to the verdict: of a pair in which nothing is seeded, warm; of the first pair with one bit
    on a fresh page; and from the flip of a line, if a flip trains, to what the strip says of all steps."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.set_default_timeout(MILLISECONDS)
        train = page.get_by_role("button", name="Train both runs")

        def seconds(clicked: Locator, wanted: str) -> float:
            page.evaluate(WATCH, wanted)
            clicked.click()
            page.wait_for_function("window.appeared")
            taken: float = page.evaluate("(window.appeared - window.clicked) / 1000")
            page.get_by_text("finished").nth(1).wait_for()
            page.wait_for_timeout(1500)
            return taken

        def click(link: str) -> float:
            page.context.clear_cookies()  # a visit of its own: that of before has a verdict
            page.goto(server.address + "/" + link)
            train.and_(page.locator(":enabled")).wait_for()
            page.wait_for_timeout(1500)
            return seconds(train, DIVERGED)

        click(NOTHING)  # so that all is warm
        found = {
            "diverged": statistics.median(click(NOTHING) for _ in range(TIMES)),
            "one bit": statistics.median(click(f"?{QUICK}&twist=one-bit") for _ in range(TIMES)),
        }
        line = page.get_by_role("switch", name="np.random.seed(42)", exact=True)
        if CHECKOUT.joinpath("repro/views/strip.py").exists():
            click(f"?{QUICK}&steps=tensorflow")
            taken = []
            for _ in range(TIMES):
                taken.append(seconds(line, ALL_THE_SAME))
                seconds(line, DIVERGED)
            found["flip"] = statistics.median(taken)
    return found


def to_a_visitor(server: Server) -> dict[str, float]:
    """Bytes of all messages while the article's training of 60,000 images × 3 runs to its end."""
    visitor = Visitor(server.address, "steps=tensorflow,initializers")
    visitor.wait_for("^Rewritten from")
    received = 0
    take = visitor._connection.recv

    def count(*arguments: Any, **options: Any) -> Any:
        nonlocal received
        message = take(*arguments, **options)
        received += len(message)
        return message

    visitor._connection.recv = count  # type: ignore[method-assign]
    visitor.click("Train both runs")
    visitor.wait_until(lambda: sum(text.count("finished ·") for text in visitor.texts()) == 2, 120)
    time.sleep(3)
    return {"bytes": received}


def redraw_seconds() -> float:
    """Processor time of one drawing of all that changes while a pair trains."""
    page = AppTest.from_string(STAGE, default_timeout=60)
    taken = []
    for _ in range(REDRAWS):
        page.run()
        assert not page.exception
        taken.append(page.session_state.seconds)
    return float(statistics.median(taken[2:]))


if __name__ == "__main__":
    main()
