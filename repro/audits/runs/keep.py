"""What each run was told, recorded and printed, kept in a folder: a verdict can be looked into afterwards."""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from repro.audits.runs.pairs import Run
from repro.experiment.errors import InputError


def folder_for(path: str | os.PathLike[str], script_folder: Path) -> Path:
    """Make a folder to keep runs in; InputError, of one line, if it cannot be made or holds something."""
    folder = Path(path).expanduser().resolve()
    if folder.is_relative_to(script_folder):
        raise InputError(f"--keep {str(path)!r} is in the script's folder, where the script would see it")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InputError(f"--keep {str(path)!r} is not an empty folder")
    except OSError as error:
        raise InputError(f"--keep {str(path)!r} cannot be made: {error.strerror}") from None
    return folder


def keep(runs: Sequence[tuple[str, Run]], folder: Path) -> None:
    """Write for each run, with what it was made for, a folder `NN-LABEL`: `run.json`, its configuration, its trace,
    and what it printed."""
    folder.mkdir()
    for number, (what, run) in enumerate(runs):
        place = folder / f"{number:02d}-{run.label.replace(' ', '-').replace('/', '-')}"
        place.mkdir()
        ended = run.ended
        about = {
            "what": what,
            "pins": sorted(run.setting.pins),
            "end": None if ended is None else ended.end.name.lower(),
            "status": None if ended is None else ended.status,
            "failure": run.failure,
        }
        (place / "run.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
        for config in run.place.room.glob("way/config.json"):
            shutil.copy(config, place)
        if run.trace.folder.is_dir():
            shutil.copytree(run.trace.folder, place / "trace")
        if ended is not None:
            for name, text in zip(("stdout", "stderr"), run.printed, strict=True):
                (place / name).write_text(text, encoding="utf-8", errors="surrogateescape")
