"""Runs scripts with and without the observer, for the tests of the audit's room."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts import LEAN

from repro.audits.observer.format import Config, Record, records


@dataclass(frozen=True)
class Run:
    """What a script printed, how it ended, and its trace."""

    status: int
    out: str
    err: str
    records: list[Record]

    def all(self, kind: type[Any], **wanted: Any) -> list[Any]:
        """The records of `kind` whose fields have the values that are `wanted`; `line` is the site's."""

        def fits(record: Any) -> bool:
            values = {**vars(record), "line": record.site.line if getattr(record, "site", None) else None}
            return all(values[name] == value for name, value in wanted.items())

        return [record for record in self.records if isinstance(record, kind) and fits(record)]


def run(
    folder: Path,
    source: str,
    *arguments: str,
    observed: bool = True,
    environment: dict[str, str] | None = None,
    python: str = sys.executable,
    **config: Any,
) -> Run:
    """Run `source` as the script `train.py` in `folder`, under observation or plainly."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "train.py"
    script.write_text(source, encoding="utf-8")
    trace = folder.parent / f"{folder.name}-trace"
    variables = {
        **os.environ,
        "PYTHONPATH": str(LEAN) if python == sys.executable else "",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        **(environment or {}),
    }
    if observed:
        settings = Config(trace=str(trace), folder=str(folder), script=str(script), **config)
        way_in = settings.way_in(folder.parent / f"{folder.name}-way")
        variables["PYTHONPATH"] = f"{way_in}{os.pathsep}{variables['PYTHONPATH']}".rstrip(os.pathsep)
    done = subprocess.run(
        [python, str(script), *arguments],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    found: list[Record] = []
    for path in sorted(trace.glob("*.jsonl")) if observed else []:
        with path.open(encoding="utf-8") as lines:
            found += records(lines)
    return Run(done.returncode, done.stdout, done.stderr, found)


def without_site(records: list[Any]) -> list[str]:
    """Records as text without their numbers, to compare those of two runs."""
    return [json.dumps({**record.to_json(), "n": 0}, sort_keys=True) for record in records]
