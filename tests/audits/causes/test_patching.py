"""Changes that were tried, in whole audits of small scripts."""

import subprocess
import sys
from pathlib import Path

import pytest
from audited import audited, script

from repro.engine.processes import ROOT

CURED = {
    "a seeding line added": (
        "import random\nimport numpy as np\nprint('result', random.random() + np.random.rand())\n",
        "+random.seed(42)",
    ),
    "a seeding line moved": (
        "import random\nx = random.random()\nrandom.seed(1)\nprint('result', x)\n",
        "-random.seed(1)",
    ),
    "a seed given to a generator": (
        "import numpy as np\nrng = np.random.default_rng()\nprint('result', rng.normal())\n",
        "+rng = np.random.default_rng(42)",
    ),
    "a seed that does not come from the clock": (
        "import random, time\nrandom.seed(time.time_ns())\nprint('result', random.random())\n",
        "+random.seed(42)",
    ),
    "a set sorted": (
        "words = {'zero', 'one', 'two', 'three', 'four', 'five'}\nprint('result', [w for w in words])\n",
        "+words = sorted({'zero', 'one', 'two', 'three', 'four', 'five'})",
    ),
}


@pytest.mark.parametrize("kind", CURED)
def test_a_change_that_cures_is_shown(tmp_path: Path, kind: str) -> None:
    text, line = CURED[kind]
    result = audited(tmp_path, text)
    assert not result.repeats
    assert result.patch is not None, str(result)
    assert result.patch.repeats, str(result)
    assert line in result.patch.diff.splitlines()
    assert result.to_json()["patch"] == {
        "diff": result.patch.diff,
        "tried": 2,
        "repeats": True,
        "fewer": [],
    }
    assert "Tried: with this change 2 of 2 runs are the same to the bit." in str(result)


LIBRARY = """
import numpy as np
def order(n, random_state=None):
    if random_state is None:
        return np.random.RandomState().permutation(n).tolist()
    return np.random.RandomState(random_state).permutation(n).tolist()
class Sampler:
    def __init__(self, low, *, seed=None):
        self.low, self.seed = low, seed
    def draw(self):
        return self.low + np.random.default_rng(self.seed).normal()
class Space:
    _own = None
    def seed(self, seed):
        self._own = np.random.default_rng(seed)
    def sample(self):
        if self._own is None:
            self.seed(None)
        return self._own.normal()
"""


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("print('result', lib.order(9))", "In line 3 write `print('result', lib.order(9, random_state=42))`."),
        ("s = lib.Sampler(1.5)\nprint('result', s.draw())", "In line 3 write `s = lib.Sampler(1.5, seed=42)`."),
        (
            "space = lib.Space()\nfor _ in range(3):\n    print('result', space.sample())",
            "Write `space.seed(42)` before line 4.",
        ),
    ],
)
def test_what_a_library_takes_for_a_seed_is_read_from_its_signature(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, advice: str
) -> None:
    script(tmp_path / "library", LIBRARY, "lib.py")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "library"))
    result = audited(tmp_path, f"import lib\n\n{code}\n")
    assert result.patch is not None, str(result)
    assert result.patch.repeats
    assert [one.words for one in result.advice] == [advice]
    assert result.patch.fewer == ()


def test_a_generator_that_a_function_makes_each_time_is_made_once(tmp_path: Path) -> None:
    text = """
        import numpy as np

        def sample():
            return np.random.default_rng().normal()

        print([sample() for _ in range(5)])
    """
    result = audited(tmp_path, text)
    assert result.patch is not None, str(result)
    assert result.patch.repeats
    assert [one.words for one in result.advice] == [
        "Write `rng = np.random.default_rng(42)` before line 3.",
        "In line 4 write `return rng.normal()`.",
    ]
    done = tmp_path / "done" / "train.py"
    script(done.parent, text)
    saved = done.with_name("change.diff")
    saved.write_text(result.patch.diff)
    subprocess.run(["git", "init", "-q"], cwd=done.parent, check=True)
    subprocess.run(["git", "apply", saved.name], cwd=done.parent, check=True)
    ended = subprocess.run([sys.executable, str(done)], capture_output=True, text=True, check=True)
    assert len(set(ended.stdout.strip("[]\n").split(", "))) == 5  # with a seed in the function all would be the same


def test_a_change_that_makes_all_draws_the_same_is_said_to(tmp_path: Path) -> None:
    # The generator's maker is no name at the top of the module: the seed stays where each call sees it.
    result = audited(
        tmp_path,
        """
        def sample():
            import numpy as np
            return np.random.default_rng().normal()

        print([sample() for _ in range(5)])
        """,
    )
    assert result.patch is not None
    assert result.patch.repeats
    assert result.patch.fewer == (
        "with it line 3 makes generators with 1 seed, where it makes generators with 5 without",
    )
    assert "But with it line 3 makes generators with 1 seed" in str(result)


def test_a_seeding_line_is_not_written_for_worker_processes(tmp_path: Path) -> None:
    result = audited(
        tmp_path,
        """
        import random
        from multiprocessing import Pool

        def draw(n):
            return random.random()

        if __name__ == "__main__":
            random.seed(1)
            with Pool(2) as pool:
                print(pool.map(draw, range(4)))
        """,
    )
    assert not result.repeats
    (said, *_) = result.advice
    assert (said.source, said.code, said.where) == ("python", None, "in line 5")
    assert "no seeding line of the main process reaches" in said.words
    assert not any("`random.seed" in one.words for one in result.advice)


def test_a_change_that_does_not_cure_is_not_shown(tmp_path: Path) -> None:
    result = audited(
        tmp_path, "import ctypes\nc = ctypes.CDLL(None)\nn = c.rand(c.srand(c.getpid() + c.time(0)))\nprint('r', n)\n"
    )
    assert result.patch is None or not result.patch.repeats
    assert "Tried: with this change" not in str(result)


def test_why_none_was_tried_is_said(tmp_path: Path) -> None:
    text = "import os\nprint('result', os.urandom(4).hex() * 2, int.from_bytes(os.urandom(2), 'big'))\n"
    result = audited(tmp_path, text)
    assert result.patch is None
    assert "No change of the script was tried: `os.urandom`" in str(result)


def test_the_patch_that_is_saved_can_be_applied_and_cures(tmp_path: Path) -> None:
    path = script(tmp_path / "project", CURED["a seeding line added"][0])
    saved = tmp_path / "change.diff"
    command = [sys.executable, "-m", "repro", "audit", "--patch", str(saved), str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    subprocess.run(["git", "init", "-q"], cwd=path.parent, check=True)
    subprocess.run(["git", "apply", str(saved)], cwd=path.parent, check=True)
    outputs = {subprocess.run([sys.executable, str(path)], capture_output=True, check=True).stdout for _ in range(2)}
    assert len(outputs) == 1
