"""The audit's rows of the benchmark: what watching a script costs, and what a whole audit does.

`python tests/bench/benchmark.py audit` measures them alone.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from live_server import serve
from visitors import Visitor

from repro.audits.audit import audit
from repro.audits.gallery.table import GALLERY
from repro.audits.observer.format import Config
from repro.programs import mnist

TIMEOUT = 600.0  # seconds
ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = (ROOT / "tests/bench/keras_tutorial.py").read_text(encoding="utf-8")
IMAGES = "import sys\nimport keras\nimport numpy as np\nimport tensorflow as tf\n{seeds}\n"
TRAINING = f"""
with np.load({str(ROOT / "repro/programs/mnist.npz")!r}) as file:
    x, y = file["x_train"].reshape(-1, 784) / np.float32(255), file["y_train"]
model = keras.Sequential([keras.layers.Dense(128, "relu"), keras.layers.Dense(10, "softmax")])
model.compile("adam", "sparse_categorical_crossentropy")
print(model.fit(x, y, epochs=3, verbose=0).history["loss"])
"""
REPEATS = IMAGES.format(seeds="keras.utils.set_random_seed(1)") + TRAINING
ONE_CAUSE = IMAGES.format(seeds="np.random.seed(1)\ntf.random.set_seed(1)") + TRAINING
# A million numbers drawn one by one from `random`, and work of about ten seconds beside them.
MANY_DRAWS = """
import random, time
import numpy as np

random.seed(1)
a = np.random.RandomState(0).rand(400, 400)
total = 0.0
until = time.process_time() + 10
draws = 0
for _ in range(100):
    for _ in range(10_000):
        total += random.random()
        draws += 1
    while time.process_time() < until - 10 + draws / 1e5:
        a = a @ a
        a /= np.abs(a).max()
print(draws)
"""
DRAWS_ALONE = "import random\nfor _ in range({count}):\n    random.random()\n"
A_MILLION = DRAWS_ALONE.format(count=1_000_000)


def rows(tell: Callable[[str, float, float, str, str], None]) -> None:
    """Measures, and reports each row: what, the figure, the bound, the unit, the figures behind it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        tutorial = TUTORIAL.replace("Path(__file__).resolve().parents[2]", f"Path({str(ROOT)!r})")
        plain, watched = alternate(place, tutorial)
        what = "a run under observation against the plain run, Keras tutorial, whole process"
        tell(what, watched / plain, 1.15, " ×", f"{watched:.1f} s against {plain:.1f} s")
        plain = run(place, MANY_DRAWS, watch=False)[0]
        more = run(place, A_MILLION, watch=True)[0] - run(place, A_MILLION, watch=False)[0]
        what = "the same, a million draws one by one from `random` beside other work"
        tell(what, (plain + more) / plain, 1.5, " ×", f"{more:.1f} s more than {plain:.1f} s")
        few, many = (run(place, DRAWS_ALONE.format(count=count), watch=True)[1] for count in (1, 3_000_000))
        without = run(place, DRAWS_ALONE.format(count=3_000_000), watch=False)[1]
        what = "memory of the observer over the plain run, three million draws"
        tell(what, (many - without) / 2**20, 100, " MB", f"{(few - without) / 2**20:.0f} MB with one draw")
        for what, text, bound in (
            ("an audit of a script that repeats, its seeding line tried, against one plain run", REPEATS, 3),
            ("an audit with one cause that is a seed, with proof, against one plain run", ONE_CAUSE, 5),
        ):
            plain = run(place, text, watch=False)[0]
            result = audit(place / "script.py")
            assert result.repeats is (text is REPEATS), result.first_difference
            tell(what, result.seconds / plain, bound, " ×", f"{result.seconds:.1f} s against {plain:.1f} s")
    page_rows(tell)


def page_rows(tell: Callable[[str, float, float, str, str], None]) -> None:
    """The same of an audit on the page, of a script of the gallery that has one cause."""
    script = "own_generator"
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as server:
        visitor = Visitor(server.address, urlencode({"tab": "Your script", "script": script}))
        visitor.wait_for("Guess first")
        for _ in "warm", "measured":
            plain = measured(GALLERY[script].path, dict(os.environ), str(mnist.PATH))[0]
            began = time.perf_counter()
            visitor.click("Audit")
            visitor.wait_for(r"^\*\*Auditing", TIMEOUT)
            visitor.wait_for(r"^\*\*Does not repeat", TIMEOUT)
            verdict = time.perf_counter() - began
            visitor.wait_for(r"^\*\*Does not repeat\\:", TIMEOUT)
            whole = time.perf_counter() - began
        visitor.close()
    tell("click to the verdict on two runs of a script of the gallery, warm, against one plain run", verdict / plain,
         1.6, " ×", f"{verdict:.1f} s against {plain:.1f} s")  # fmt: skip
    tell("click to the end of its audit, with its one cause, against one plain run", whole / plain, 8, " ×",
         f"{whole:.1f} s against {plain:.1f} s")  # fmt: skip


def alternate(place: Path, text: str) -> tuple[float, float]:
    """The least seconds of two plain runs and two watched ones, in turns."""
    plain, watched = [], []
    for _ in range(2):
        plain.append(run(place, text, watch=False)[0])
        watched.append(run(place, text, watch=True)[0])
    return min(plain), min(watched)


def run(place: Path, text: str, *, watch: bool) -> tuple[float, int, str]:
    """Seconds that a script takes as a process, the most memory that it took in bytes, and what it printed."""
    script = place / "script.py"
    script.write_text(text, encoding="utf-8")
    environment = dict(os.environ)
    if watch:
        with tempfile.TemporaryDirectory() as trace:
            settings = Config(trace=trace, folder=str(place), script=str(script))
            environment["PYTHONPATH"] = str(settings.way_in(place / "way"))
            return measured(script, environment)
    return measured(script, environment)


def measured(script: Path, environment: dict[str, str], *arguments: str) -> tuple[float, int, str]:
    """As `run`: the script is started from a small process, whose only child it is."""
    starter = (
        "import json, resource, subprocess, sys;"
        "out = subprocess.run([sys.executable, *sys.argv[1:]], check=True, capture_output=True, text=True).stdout;"
        "print(json.dumps([resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024, out]))"
    )
    began = time.perf_counter()
    command = [sys.executable, "-S", "-c", starter, str(script), *arguments]
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    seconds = time.perf_counter() - began
    memory, printed = json.loads(told.stdout)
    return seconds, memory, printed
