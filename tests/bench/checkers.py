"""Runs static checkers that look for seeding faults over scripts of which it is known whether they repeat.

`python tests/bench/checkers.py [FOLDER…]`: the gallery's scripts, and those of each folder that its `expected.json`
speaks of. A checker that complains of a script's seeds says that it does not repeat; that is right, a false alarm, or
missed. Each checker is installed from the package index, at one version, in an environment of its own that is removed
afterwards.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from repro.audits.gallery.table import GALLERY


@dataclass(frozen=True)
class Checker:
    """A checker: how it is installed, what is run on a folder with one script, and the words of its complaint.

    `packages` are arguments of `pip install`; the first names the checker. `command` starts with a program of the
    environment; `{folder}` and `{script}` stand for the folder and the script in it.
    """

    name: str
    packages: tuple[str, ...]
    command: str
    complaint: str


RANDOMNESS = "randomness-control"
CHECKERS = (
    Checker("ruff NPY002", ("ruff==0.17.6",), "ruff check --isolated --no-cache --select NPY002 {script}", "NPY002"),
    # Of its own requirements some have no build for today's Python: its checks of seeds need these alone.
    Checker(
        "dslinter randomness-control",
        (
            "dslinter==2.0.9",
            "--no-deps",
            "pylint==2.12.2",
            "astroid==2.9.3",
            "wrapt==1.17.3",
            "lazy-object-proxy==1.13.0",
            "isort==5.13.2",
            "mccabe==0.7.0",
            "platformdirs==4.14.9",
            "toml==0.10.2",
            "mypy==0.971",
            "mypy_extensions==1.1.0",
            "typing_extensions==4.16.0",
            "tomli==2.2.1",
            "setuptools==80.9.0",
        ),
        "pylint --rcfile=/dev/null --load-plugins=dslinter --disable=all "
        f"--enable={RANDOMNESS}-numpy,{RANDOMNESS}-tensorflow,{RANDOMNESS}-scikitlearn "
        "--no_main_module_check_randomness_control_numpy=yes "
        "--no_main_module_check_randomness_control_tensorflow=yes {script}",
        RANDOMNESS,
    ),
    Checker("reprolint, random seeds", ("reprolint==0.1.0",), "reprolint {folder}", "No random seed is set"),
    Checker(
        "reprolint, deterministic execution",
        ("reprolint==0.1.0",),
        "reprolint {folder}",
        "deterministic mode is never enabled",
    ),
)


def known(folders: Iterable[Path]) -> dict[Path, bool]:
    """Whether each script repeats."""
    scripts = {exhibit.path: exhibit.repeats for exhibit in GALLERY.values()}
    for folder in folders:
        expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
        scripts |= {folder / name: wanted["repeats"] for name, wanted in expected.items()}
    return scripts


def complains(checker: Checker, programs: Path, script: Path) -> bool:
    """Whether a checker says that something is wrong with a script's seeds."""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copy(script, folder)
        program, *arguments = checker.command.format(folder=folder, script=copy).split()
        environment = {**os.environ, "COLUMNS": "200", "HOME": folder}
        ended = subprocess.run(
            [str(programs / program), *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if "Traceback" in ended.stderr or not (ended.stdout or ended.returncode == 0):
            raise RuntimeError(f"{checker.name} failed on {script.name}: {ended.stderr}")
        return checker.complaint in " ".join(ended.stdout.split())


def main() -> None:
    """Prints the table, and below it what each checker says of each script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path)
    scripts = known(parser.parse_args().folders)
    bad = sum(not repeats for repeats in scripts.values())
    print(f"{len(scripts)} scripts, of which {bad} do not repeat\n")
    print("| checker | right | missed | false alarms |\n| --- | ---: | ---: | ---: |")
    said: dict[str, dict[Path, bool]] = {}
    with tempfile.TemporaryDirectory() as environments:
        for checker in CHECKERS:
            environment = Path(environments) / checker.packages[0]
            if not environment.exists():
                subprocess.run([sys.executable, "-m", "venv", environment], check=True)
                install = [str(environment / "bin/pip"), "install", "-q", "--disable-pip-version-check"]
                subprocess.run([*install, *checker.packages], check=True)
            found = {script: complains(checker, environment / "bin", script) for script in scripts}
            missed = sum(not found[script] for script, repeats in scripts.items() if not repeats)
            alarms = sum(found[script] for script, repeats in scripts.items() if repeats)
            name = f"{checker.name} ({checker.packages[0].replace('==', ' ')})"
            print(f"| {name} | {len(scripts) - missed - alarms} | {missed} | {alarms} |", flush=True)
            said[checker.name] = found
    print("\n| script | repeats |", " | ".join(said), "|\n| --- | --- |", " --- |" * len(said))
    for script, repeats in scripts.items():
        words = ["complains" if found[script] else "–" for found in said.values()]
        print(f"| {script.stem} | {'yes' if repeats else 'no'} |", " | ".join(words), "|")


if __name__ == "__main__":
    main()
