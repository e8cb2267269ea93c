"""Audits every script of a folder that holds an `expected.json`, and prints a table of what was found and expected.

`python tests/bench/audit_cases.py FOLDER [ARGUMENT…] [--only NAME,…] [--again]`: each script gets the arguments. What
`expected.json` may say of a script: `repeats`; `matter`, seeding lines that must be said to matter; `not_lines`, lines
that must not be; `ratio`, the most that one observed run may take, in plain runs; `leaves_alone`, a path that must not
be there afterwards; `lines` and `sources`, of which one at least must be named in the first difference, in a draw that
nothing seeds and that is not known not to matter, or, of lines, as where the difference enters; `enough`, sets of which
one must be found; `quantity`, that of the first difference; `too_late` and `no_effect`, seeding lines; `again`:
`repeats` where the script is run again in the same process. It takes minutes, and is not part of the test suite.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Prints the table; returns how many scripts were not as expected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("arguments", nargs="*")
    parser.add_argument("--only", default="", help="names of scripts, or their beginnings, with commas between")
    parser.add_argument("--again", action="store_true", help="run them in the same process again, where that is known")
    options = parser.parse_args()
    expected = json.loads((options.folder / "expected.json").read_text(encoding="utf-8"))
    wrong = 0
    print("| script | verdict | first difference | unseeded | seeding lines | enough | seconds | ok |")
    print("|---|---|---|---|---|---|---|---|")
    for name, wanted in expected.items():
        if options.only and not name.startswith(tuple(options.only.split(","))):
            continue
        if options.again and "again" not in wanted:
            continue
        began = time.monotonic()
        found = audited(options.folder / name, options.arguments, again=options.again)
        wanted = {"repeats": wanted["again"]} if options.again else wanted
        faults = ["failed"] if found is None else faults_of(found, wanted)
        wrong += bool(faults)
        print(row(name, found, faults, time.monotonic() - began), flush=True)
    print(f"\n{wrong} not as expected")
    return wrong


def audited(script: Path, arguments: list[str], *, again: bool) -> dict[str, Any] | None:
    """The object that `audit --json` prints; None if it prints none."""
    command = [sys.executable, "-m", "repro", "audit", "--json", *(["--rerun", "same-process"] if again else [])]
    given = [str(Path(one).resolve()) if Path(one).exists() else one for one in arguments]
    ended = subprocess.run([*command, str(script.resolve()), *given], cwd=ROOT, capture_output=True, text=True)
    if ended.returncode not in (0, 1):
        print(ended.stderr, file=sys.stderr)
        return None
    found: dict[str, Any] = json.loads(ended.stdout)
    assert found["repeats"] is (ended.returncode == 0)
    return found


def faults_of(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """What is not as expected."""
    if found["repeats"] is not wanted["repeats"]:
        return ["repeats"]
    first = found["first_difference"]
    named = [] if first is None else [first]
    named += [row for row in found["unseeded"] if row["matters"] is not False]
    faults = []
    if wanted["repeats"] and named:
        faults.append("blames what changes nothing")
    entered = [] if found["enters"] is None else [found["enters"]]
    if "lines" in wanted and not {row["line"] for row in (*named, *entered)} & set(wanted["lines"]):
        faults.append("lines")
    if "sources" in wanted and not {row["source"] for row in named} & set(wanted["sources"]):
        faults.append("sources")
    if "enough" in wanted and not any(sorted(one) in map(sorted, wanted["enough"]) for one in found["enough"] or []):
        faults.append("enough")
    if "quantity" in wanted and (first is None or first["quantity"] not in wanted["quantity"]):
        faults.append("quantity")
    matter = {line["line"] for line in found["seeding"] if line["matters"]}
    if not set(wanted.get("matter", [])) <= matter:
        faults.append("matter")
    blamed = {row["line"] for row in found["unseeded"] if row["matters"]} | {first and first["line"]}
    if set(wanted.get("not_lines", [])) & (blamed | matter):
        faults.append("not_lines")
    if "leaves_alone" in wanted and Path(wanted["leaves_alone"]).expanduser().exists():
        faults.append("leaves_alone")
    late = {line["line"] for line in found["seeding"] if line["too_late"]}
    if late != set(wanted.get("too_late", [])):
        faults.append("too_late")
    without = {line["line"] for line in found["seeding"] if line["matters"] is False}
    if not set(wanted.get("no_effect", [])) <= without or ("no_effect" not in wanted and without):
        faults.append("no_effect")
    return faults


def row(name: str, found: dict[str, Any] | None, faults: list[str], seconds: float) -> str:
    """The line of a script."""
    if found is None:
        return f"| {name} | failed | | | | | {seconds:.0f} | **no** |"
    first = found["first_difference"]
    words = {True: "matters", False: "changes nothing", None: "not tried"}
    parts = [
        name,
        "repeats" if found["repeats"] else "does not repeat",
        ""
        if first is None
        else " ".join(f"{key} {first[key]}" for key in first if first[key] is not None and key not in ("file", "code")),
        "; ".join(f"{one['line']} {one['source']}: {words[one['matters']]}" for one in found["unseeded"]),
        "; ".join(
            f"{one['line']}: {'too late' if one['too_late'] else words[one['matters']]}" for one in found["seeding"]
        ),
        "" if found["enough"] is None else " or ".join("{" + ", ".join(one) + "}" for one in found["enough"]) or "none",
        f"{seconds:.0f}",
        "yes" if not faults else f"**no**: {', '.join(faults)}",
    ]
    return "| " + " | ".join(parts) + " |"


if __name__ == "__main__":
    sys.exit(main())
