"""Whether audit and matrix agree: each knows nothing of how the other finds its answer.

`python tests/bench/audit_matrix.py [--program NAME] [--images N]` prints, for both programs and all 16 combinations
of seeding lines, the matrix's cell and the audit of the script that `python -m repro script` prints for it. They agree
where the audit's `repeats` is the cell's `final_weights`, and where the pins that the audit finds enough are the
sources of the steps that the matrix finds missing. It takes many minutes, and is not part of the test suite.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "repro/programs/mnist.npz"
STEPS = ("numpy", "tensorflow", "initializers", "python")
# The source that a seeding step makes repeat: a `seed=` on an initializer is one of an operation of TensorFlow's in
# one program, and in the other that of a Keras initializer, which without it draws from Python's `random`.
SOURCES = {
    "tensorflow": {"numpy": "numpy", "tensorflow": "tensorflow", "initializers": "tensorflow", "python": "python"},
    "keras": {"numpy": "numpy", "tensorflow": "tensorflow", "initializers": "python", "python": "python"},
}


def main() -> int:
    """Prints the table; returns how many cells do not agree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", choices=tuple(SOURCES), action="append")
    parser.add_argument("--images", type=int, default=320)
    options = parser.parse_args()
    wrong = 0
    print("| program | steps that are on | matrix: final weights | audit | missing | enough | agree |")
    print("|---|---|---|---|---|---|---|")
    for program in options.program or SOURCES:
        matrix = matrix_of(program, options.images)
        for size in range(len(STEPS) + 1):
            for on in combinations(STEPS, size):
                same = same_weights(matrix, on)
                found = audit_of(program, on, options.images)
                missing = missing_sources(matrix, program, on)
                agrees = agree(found, same, missing)
                wrong += not agrees
                enough = " or ".join(map(listed, found["enough"] or [])) or ("" if found["enough"] is None else "none")
                verdict = "repeats" if found["repeats"] else "does not repeat"
                lacking = "-" if same else " or ".join(map(listed, missing))
                cell = "same" if same else "differ"
                row = (program, ", ".join(on) or "none", cell, verdict, lacking, enough or "-")
                print(f"| {' | '.join(row)} | {'yes' if agrees else '**no**'} |", flush=True)
    print(f"\n{wrong} do not agree")
    return wrong


def repro(*arguments: str) -> str:
    """What a command prints."""
    command = [sys.executable, "-m", "repro", *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode in (0, 1), ended.stderr
    return ended.stdout


def experiment(program: str, images: int) -> list[str]:
    """The options of a small experiment."""
    return ["--program", program, "--epochs", "1", "--images", str(images)]


def matrix_of(program: str, images: int) -> dict[str, Any]:
    """The matrix of a program, as it is printed with `--json`."""
    found: dict[str, Any] = json.loads(repro("matrix", "--json", *experiment(program, images)))
    return found


def audit_of(program: str, on: Iterable[str], images: int) -> dict[str, Any]:
    """The audit of the script of a combination of steps, as it is printed with `--json`."""
    script = repro("script", *experiment(program, images), "--steps", ",".join(on) or "none")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "experiment.py"
        path.write_text(script, encoding="utf-8")
        found: dict[str, Any] = json.loads(repro("audit", "--json", str(path), str(IMAGES)))
    return found


def same_weights(matrix: dict[str, Any], on: Iterable[str]) -> bool:
    """Whether the final weights of a cell are the same."""
    return next(bool(cell["final_weights"]) for cell in matrix["cells"] if set(cell["on"]) == set(on))


def missing_sources(matrix: dict[str, Any], program: str, on: Iterable[str]) -> list[frozenset[str]]:
    """The smallest sets of sources that the matrix finds missing in a cell; one empty set where there are none."""
    there = set(on)
    lacking = [[step for step in enough if step not in there] for enough in matrix["sufficient"]]
    sets = [frozenset(SOURCES[program][step] for step in steps) for steps in lacking]
    return sorted({one for one in sets if not any(other < one for other in sets)}, key=sorted)


def agree(found: dict[str, Any], same: bool, missing: list[frozenset[str]]) -> bool:
    """Whether an audit says of a script what the matrix says of its cell."""
    if found["repeats"] is not same:
        return False
    return same or any(frozenset(one) in missing for one in found["enough"])


def listed(names: Iterable[str]) -> str:
    """A set in words."""
    return "{" + ", ".join(sorted(names)) + "}"


if __name__ == "__main__":
    sys.exit(main())
