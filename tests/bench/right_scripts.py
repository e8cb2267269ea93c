"""Runs scripts that are right under observation, once each, and prints what was said to repeat inside of them.

`python tests/bench/right_scripts.py [--python INTERPRETER] FOLDER…`: all scripts of the folders; of one that has an
`expected.json`, those that it says repeat. With `--without`, each is run without the observer as well, and what both
print is compared; with `--look` the values of its own lines are looked at in that. Returns how many were
said to repeat something, failed, or printed something else.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from repro.audits.comparison.trace import Trace  # noqa: E402
from repro.audits.observer.format import Config  # noqa: E402
from repro.audits.report.repeated import repeated_inside  # noqa: E402
from repro.programs import mnist  # noqa: E402


def main() -> int:
    """Prints a row for each script; returns how many were not right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--without", action="store_true")
    parser.add_argument("--look", action="store_true")
    options = parser.parse_args()
    wrong = count = 0
    print("| script | seconds | repeated inside |")
    print("| --- | ---: | --- |")
    for folder in options.folders:
        for script in scripts(folder.resolve()):
            row, right = judged(script, options)
            print(row, flush=True)
            wrong, count = wrong + (not right), count + 1
    print(f"\n{wrong} of {count} not right")
    return wrong


def scripts(folder: Path) -> Iterator[Path]:
    """The scripts of a folder that are right, as far as is known."""
    known = folder / "expected.json"
    expected = json.loads(known.read_text(encoding="utf-8")) if known.exists() else {}
    for path in sorted(folder.glob("*.py")):
        if expected.get(path.name, {}).get("repeats", not expected):
            yield path


def judged(script: Path, options: argparse.Namespace) -> tuple[str, bool]:
    """The row of a script, and whether nothing was said and no bit of what it printed was another one."""
    with tempfile.TemporaryDirectory() as room:
        place = Path(room)
        config = Config(trace=str(place / "trace"), folder=str(script.parent), script=str(script), look=options.look)
        began = time.monotonic()
        watched = run(script, options.python, place / "work", {"PYTHONPATH": str(config.way_in(place / "way"))})
        seconds = time.monotonic() - began
        found = repeated_inside(Trace(place / "trace").read_on())
        said = [f"{one.kind}, line {one.line}: {one.what}" for one in found]
        if watched.returncode:
            said.append(f"failed: {watched.stderr.strip().splitlines()[-1:]}")
        if options.without and run(script, options.python, place / "plain", {}).stdout != watched.stdout:
            said.append("prints something else without the observer")
    return f"| {script.name} | {seconds:.1f} | {'; '.join(said) or 'nothing'} |", not said


def run(script: Path, python: str, folder: Path, more: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs a script in a folder of its own, with the images as its argument."""
    folder.mkdir()
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **more}
    command = [python, str(script), str(mnist.PATH)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    raise SystemExit(main())
