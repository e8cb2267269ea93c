"""Speed and memory, as ratios of one run: `python tests/bench/benchmark.py` prints the table of CONTRIBUTING.md.

Takes about nine minutes on two cores that do nothing else. Linux only: memory is read from /proc.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import audit_benchmark
from browsers import chromium
from live_server import ROOT, Server, serve
from playwright.sync_api import Browser, Page
from proc import MEGABYTE, children, memory

from repro.experiment.machine import cores

TRIVIAL_PAGE = """
import altair as alt
import pandas as pd
import streamlit as st

st.title("One chart")
st.altair_chart(alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]})).mark_line().encode(x="x:Q", y="y:Q"))
"""

# One `fit` of the 400 steps of quick settings, in a process that has TensorFlow and the images.
FIT = """
import time
import keras
import numpy as np

with np.load("repro/programs/mnist.npz") as file:
    x, y = keras.utils.normalize(file["x_train"][:12_800].astype("float32"), axis=1), file["y_train"][:12_800]
layers = keras.layers
hidden = [layers.Dense(128, activation="relu") for _ in range(2)]
model = keras.Sequential([layers.Flatten(), *hidden, layers.Dense(10, activation="softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
began = time.perf_counter()
model.fit(x, y, epochs=1, verbose=0)
print(time.perf_counter() - began)
"""


@dataclass(frozen=True)
class Row:
    """One line of the table: what was measured, the figure, the bound, and how the figure came about."""

    what: str
    figure: float
    bound: float
    unit: str
    detail: str

    def __str__(self) -> str:
        kept = "yes" if self.figure <= self.bound else "**no**"
        return f"| {self.what} | {self.figure:.3g}{self.unit} | {self.bound:g}{self.unit} | {kept} | {self.detail} |"


def main() -> None:
    """Measures and prints all rows."""
    print("| what | measured | at most | kept | in figures |\n| --- | --- | --- | --- | --- |", flush=True)
    keras = seconds(lambda: run("tests/bench/keras_tutorial.py"), times=2)
    cold = seconds(lambda: run("-m", "repro", "compare", "--fresh"), times=2)
    run("-m", "repro", "compare")
    second = seconds(lambda: run("-m", "repro", "compare"), times=2)
    tell("`python -m repro compare`, cold, against the Keras tutorial's `fit`, once", cold / keras, 0.5, " ×",
         f"{cold:.1f} s against {keras:.1f} s")  # fmt: skip
    tell("the second `python -m repro compare` within ten minutes, against the same", second / keras, 0.15, " ×",
         f"{second:.1f} s against {keras:.1f} s")  # fmt: skip
    step, products = json.loads(run(__file__, "step"))
    tell("a training step with fingerprints against its matrix products in BLAS, one thread", step / products, 1.6,
         " ×", f"{step * 1e6:.0f} µs against {products * 1e6:.0f} µs")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as server, chromium() as browser:
        with opened(browser, server) as page:
            verdict, first_point = clicks(page)
            resident = memory(server.process)
        tell("click to verdict, warm page, against the Keras tutorial", verdict / keras, 0.35, " ×",
             f"{verdict:.1f} s against {keras:.1f} s")  # fmt: skip
        tell("click to the first point on the chart, warm", first_point, 1, " s", "median of 5")
        ours, trivial = first_loads(browser, server)
        tell("first load of the page, against one title and one chart", ours / trivial, 1.3, " ×",
             f"{ours:.2f} s against {trivial:.2f} s")  # fmt: skip
        tell("the page's process, proportional set size", resident / MEGABYTE, 300, " MB", "after 6 pairs")
    tell("memory that a run adds over the template, at its peak", run_memory() / MEGABYTE, 300, " MB",
         "mean of the two runs of a pair")  # fmt: skip
    matrix = seconds(lambda: run("-m", "repro", "matrix", "--images", "6400", "--epochs", "1", "--fresh"), times=1)
    tell("`python -m repro matrix`, cold, 32 runs of 200 steps, against the Keras tutorial", matrix / keras, 1.5, " ×",
         f"{matrix:.1f} s against {keras:.1f} s")  # fmt: skip
    events = run("-m", "repro", "train", "--json").splitlines()
    alone = json.loads(events[-1])["training_seconds"]
    seeds = seconds(lambda: run("-m", "repro", "seeds", "--count", "20", "--fresh"), times=1)
    ideal = 20 * alone / cores()
    tell("`python -m repro seeds --count 20`, cold, against 20 trainings ÷ cores", seeds / ideal, 1.3, " ×",
         f"{seeds:.1f} s against {ideal:.1f} s")  # fmt: skip
    tell("memory that a run adds over the template while the matrix runs", matrix_memory() / MEGABYTE, 300, " MB",
         f"mean of {cores()} at once")  # fmt: skip
    stage_rows(None)
    audit_benchmark.rows(tell)


def tell(what: str, figure: float, bound: float, unit: str, detail: str) -> None:
    """Prints a row as soon as it is known."""
    print(Row(what, figure, bound, unit, detail), flush=True)


def run(*arguments: str) -> str:
    """What a Python process with these arguments prints."""
    answer = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    return answer.stdout


def seconds(action: Callable[[], object], times: int) -> float:
    """The median time that `action` takes."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        action()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def step_times() -> tuple[float, float]:
    """Seconds of a training step and of its eight matrix products, measured in turns in this process."""
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    import numpy as np
    import tensorflow as tf

    from repro.experiment.experiment import Experiment
    from repro.programs import base_tensorflow, mnist
    from repro.programs.images import prepare

    tf.config.set_visible_devices([], "GPU")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)

    generator = np.random.default_rng(0)
    x, h1, h2, g3 = (generator.random((32, columns), np.float32) for columns in (784, 128, 128, 10))
    w1, w2, w3 = (generator.random(shape, np.float32) for shape in ((784, 128), (128, 128), (128, 10)))
    forward = [(x, w1), (h1, w2), (h2, w3)]
    backward = [(h2.T, g3), (g3, w3.T), (h1.T, h2), (h2, w2.T), (x.T, h1)]
    products = [(a, b, np.empty((len(a), b.shape[1]), np.float32)) for a, b in forward + backward]

    def multiply() -> None:
        for _ in range(300):
            for a, b, result in products:
                np.dot(a, b, out=result)

    steps: list[float] = []
    multiplications: list[float] = []
    began = time.perf_counter()

    def report(event: dict[str, Any]) -> None:
        nonlocal began
        taken = time.perf_counter() - began
        if event["event"] == "steps" and len(event["loss"]) >= 300:  # others, the first too, say little about a step
            steps.append(taken / len(event["loss"]))
            multiplications.append(seconds(multiply, times=1) / 300)
        began = time.perf_counter()

    base_tensorflow.train(Experiment(epochs=6), prepare(mnist.load()), report)
    return statistics.median(steps), statistics.median(multiplications)


@contextmanager
def opened(browser: Browser, server: Server) -> Iterator[Page]:
    """The page with one pair trained: everything is warm."""
    context = browser.new_context(viewport={"width": 1400, "height": 1100})
    page = context.new_page()
    page.goto(f"{server.address}/?steps=numpy,tensorflow,initializers")
    page.get_by_role("button", name="Train both runs").click()
    page.get_by_text(re.compile("^Identical: bit for bit")).wait_for(timeout=120_000)
    yield page
    context.close()


# How many pixels run B's line has on the first chart, below the legend; it is blue, on a canvas.
BLUE_PIXELS = """() => {
    const canvas = document.querySelector('[data-testid=stVegaLiteChart] canvas')
    if (!canvas) return 0
    const top = Math.round(canvas.height / 8)
    const {data} = canvas.getContext('2d').getImageData(0, top, canvas.width, canvas.height - top)
    let count = 0
    for (let i = 0; i < data.length; i += 4) if (data[i] < 60 && data[i + 2] > 120 && data[i + 3] > 120) count++
    return count
}"""


def clicks(page: Page) -> tuple[float, float]:
    """Seconds from the click to the verdict, and to the first points of the new pair's curves, when the line is there
    but shorter than half of the last pair's; medians of 5."""
    verdicts, points = [], []
    for _ in range(5):
        page.wait_for_timeout(1500)
        before = page.evaluate(BLUE_PIXELS)
        button = page.get_by_role("button", name="Train both runs")
        began = time.perf_counter()
        button.click()
        page.wait_for_function(
            f"before => {{ const now = ({BLUE_PIXELS})(); return now > 0 && now < before / 2 }}",
            arg=before,
            polling=50,  # milliseconds: to look at each frame would hold up the page
        )
        points.append(time.perf_counter() - began)
        page.get_by_text(re.compile("^Identical: bit for bit")).wait_for(timeout=120_000)
        verdicts.append(time.perf_counter() - began)
    return statistics.median(verdicts), statistics.median(points)


def first_loads(browser: Browser, server: Server) -> tuple[float, float]:
    """Seconds until a new visitor sees our page, and one that shows a title and a chart; in turns, medians of 7."""
    with tempfile.TemporaryDirectory() as folder:
        trivial_page = Path(folder) / "trivial.py"
        trivial_page.write_text(TRIVIAL_PAGE)
        with serve(Path(folder), trivial_page) as trivial:
            ours_taken, trivial_taken = [], []
            for _ in range(7):
                ours_taken.append(load(browser, server, "role=switch >> nth=3"))
                trivial_taken.append(load(browser, trivial, ".vega-embed :is(svg, canvas)"))
    return statistics.median(ours_taken), statistics.median(trivial_taken)


def load(browser: Browser, server: Server, last_element: str) -> float:
    """Seconds until `last_element` is visible in a browser with an empty cache."""
    context = browser.new_context(viewport={"width": 1400, "height": 1100})
    page = context.new_page()
    began = time.perf_counter()
    page.goto(server.address)
    page.locator(last_element).wait_for()
    taken = time.perf_counter() - began
    context.close()
    return taken


def stage_rows(before: Path | None) -> None:
    """The speed of the stage; against an earlier build, if its checkout is given."""
    ours = measured(ROOT)
    fit = statistics.median(float(run("-c", FIT)) for _ in range(3))
    tell("flip of a line to the verdict on the strip, warm, quick settings, against one `fit` of its 400 steps",
         ours["flip"] / fit, 0.6, " ×", f"{ours['flip']:.2f} s against {fit:.2f} s")  # fmt: skip
    tell("one bit, fresh page, click to verdict, against a pair in which nothing is seeded",
         ours["one bit"] / ours["diverged"], 1.0, " ×",
         f"{ours['one bit']:.2f} s against {ours['diverged']:.2f} s")  # fmt: skip
    if before is None:
        return
    theirs = measured(before)
    for what, name, bound, unit, scale in (
        ("click to “Diverged”, warm", "diverged", 0.6, "s", 1.0),
        ("one redraw of the stage at 2 × 5,000 steps, processor time of the server", "redraw", 0.5, "ms", 1000.0),
        ("all messages to the browser for a pair of 60,000 × 3", "bytes", 0.5, "kB", 0.001),
    ):
        now, then = scale * ours[name], scale * theirs[name]
        tell(
            f"{what}, against the build before", now / then, bound, " ×", f"{now:.3g} {unit} against {then:.3g} {unit}"
        )


def measured(checkout: Path) -> dict[str, float]:
    """What build.py measures of a checkout."""
    found: dict[str, float] = json.loads(run("tests/bench/build.py", str(checkout)))
    return found


def run_memory() -> float:
    """Bytes that one run adds to the template, at the peak of a pair."""
    from repro.engine.launcher import Launcher
    from repro.experiment.experiment import Experiment

    with Launcher() as launcher:
        launcher.start(Experiment(epochs=1, images=320)).join()
        (template,) = children(os.getpid())
        alone = memory(template)
        runs = [launcher.start(Experiment()) for _ in range(2)]
        peak = 0
        while not all(run.join(0.05) for run in runs):
            peak = max(peak, sum(map(memory, [template, *children(template)])))
    return (peak - alone) / 2


def matrix_memory() -> float:
    """Bytes that one of the runs at work adds to the template, at the peak of a matrix."""
    from repro.engine.launcher import Launcher
    from repro.experiment.experiment import Experiment
    from repro.studies.jobs import Local
    from repro.studies.matrix import Matrix

    with Launcher() as launcher:
        launcher.start(Experiment(epochs=1, images=320)).join()
        (template,) = children(os.getpid())
        alone = memory(template)
        matrix = Matrix(Local(launcher), Experiment(epochs=1, images=6400), rerun="new-process", repeats=2)
        peak = 0
        while not matrix.study.join(0.02):
            peak = max(peak, sum(map(memory, [template, *children(template)])))
    return (peak - alone) / cores()


if __name__ == "__main__":
    if sys.argv[1:] == ["step"]:
        print(json.dumps(step_times()))
    elif sys.argv[1:2] == ["stage"]:
        stage_rows(Path(sys.argv[2]) if len(sys.argv) > 2 else None)
    elif sys.argv[1:] == ["audit"]:
        audit_benchmark.rows(tell)
    elif sys.argv[1:] == ["dask"]:
        import dask_benchmark

        dask_benchmark.main()
    else:
        main()
