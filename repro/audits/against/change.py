"""The one thing that run B of a person's script does differently: a twist, another version, another interpreter."""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from repro.audits.against.alignment import Versions
from repro.audits.observer.format import Conditions
from repro.audits.runs import notebook
from repro.audits.runs.workspace import Script
from repro.experiment.errors import InputError
from repro.experiment.twists import Twist, twist_of_script

MAX_TEXT = 2**20  # bytes of a file of another version
CODE = (".py", ".ipynb")
LIBRARIES = {"tensorflow": "TensorFlow", "numpy": "NumPy", "torch": "PyTorch"}


@dataclass(frozen=True, kw_only=True)
class Change:
    """What run B does differently.

    `kind` is "twist", "file", "commit" or "python"; `name` what the person gave, `label` that in a few words, `what` in
    a sentence; `environment` and `python` are run B's; `versions` the files that run B has in place of run A's; `twist`
    the row of the table, and `number` what stands after its colon.
    """

    kind: str
    name: str
    label: str
    what: str
    environment: Mapping[str, str] = field(default_factory=dict)
    python: str | None = None
    versions: Versions | None = None
    twist: Twist | None = None
    number: int | str | None = None
    notes: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """What can be said to have changed a result."""
        return {"twist": "the twist", "python": "the other interpreter"}.get(self.kind, "the other version")


def of_twist(text: str, given: Mapping[str, str] | None = None) -> Change:
    """A twist of the table; InputError if there is none, or the environment that is `given` has it already."""
    twist, number = twist_of_script(text)
    assert twist.outside is not None
    environment = twist.outside(number)
    inherited = os.environ if given is None else given
    if environment and all(inherited.get(name) == value for name, value in environment.items()):
        set_ = ", ".join(f"{name}={value}" for name, value in environment.items())
        raise InputError(f"twist cannot be {text!r}: run A has it too, since {set_} is set in this shell")
    told = "" if number is None else f": {number}"
    what = twist.what
    if twist.moves_seeds:
        to = "each gives the next value" if number is None else f"the first gives {number}"
        what = f"Run B's seeding lines are moved together, so that {to}."
    if environment:
        set_ = ", ".join(f"{name}={value}" for name, value in environment.items())
        what = f"Run B starts with {set_}."
    return Change(
        kind="twist",
        name=text,
        label=f"{twist.label}{told}",
        what=what,
        environment=environment,
        twist=twist,
        number=number,
    )


def of_file(script: Script, against: str) -> Change:
    """Another version of the script, in a file; what it imports from its own folder comes with it."""
    path = Path(against).expanduser().resolve()
    if not path.is_file():
        raise InputError(f"--against {against!r}: there is no such file")
    if path.suffix not in CODE:
        raise InputError(f"--against {against!r} is neither a Python script nor a notebook")
    b = {script.runs_as: _text(path)}
    if path.parent != script.folder:
        for module in sorted(path.parent.glob("*.py")):
            if module != path and module.name != script.runs_as:
                b[module.name] = _text(module)
    a = _texts(script, b)
    b = {name: text for name, text in b.items() if a.get(name) != text or name == script.runs_as}
    what = f"Run B is {against}, in the place of {script.name}: under its name, in its folder, with its arguments."
    name = path.name if path.name != script.path.name else against
    return Change(kind="file", name=against, label=f"against {against}", what=what, versions=Versions(a, b, name))


def of_commit(script: Script, revision: str) -> Change:
    """The version of a commit of the git folder that the script is in: of each file that differs from it."""
    if revision.startswith("-"):
        raise InputError(f"--against-commit {revision!r} is not a commit")
    commit = _git(script, revision, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").decode().strip()
    names = _git(script, revision, "diff", "--name-only", "--no-renames", "--relative", "-z", commit, "--", ".")
    differing = [name for name in names.decode(errors="surrogateescape").split("\0") if name]
    b: dict[str, str] = {}
    notes = []
    for name in differing:
        try:
            data = _git(script, revision, "show", f"{commit}:./{name}")
        except InputError:
            notes.append(f"{name} is not in the commit, and run B has it all the same")
            continue
        try:
            if name == script.name and script.code is not None:
                with tempfile.TemporaryDirectory(prefix="audit-") as folder:
                    path = Path(folder) / Path(name).name
                    path.write_bytes(data)
                    b[script.runs_as] = _text(path)
            else:
                b[name] = data.decode()
        except UnicodeDecodeError:
            notes.append(f"{name} differs from the commit's, is no text, and is the same in both runs")
    if not b:
        raise InputError(f"--against-commit {revision!r}: no file of the script's folder differs from that commit's")
    short = commit[:9]
    what = f"Run B has the files of the commit {short}: {', '.join(sorted(b))}."
    label = f"against the commit {revision}" + ("" if commit.startswith(revision) else f" ({short})")
    versions = Versions(_texts(script, b), b, short)
    return Change(kind="commit", name=revision, label=label, what=what, versions=versions, notes=tuple(notes))


def of_python(python: str, given: str) -> Change:
    """Another interpreter, by its path, as the person has `given` it."""
    what = f"Run B is run by {given}."
    return Change(kind="python", name=given, label=f"another interpreter: {given}", what=what, python=python)


def _git(script: Script, revision: str, *arguments: str) -> bytes:
    """What git answers in the script's folder, where it takes no lock and so changes nothing."""
    command = ["git", "-C", str(script.folder), *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, check=False, timeout=60, env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
        )
    except (OSError, subprocess.SubprocessError):
        raise InputError("--against-commit needs git, which cannot be run here") from None
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip().splitlines()
        said = why[-1] if why else "it is not a commit of the folder's repository"
        raise InputError(f"--against-commit {revision!r}: {said}")
    return done.stdout


def _texts(script: Script, b: Mapping[str, str]) -> dict[str, str]:
    """The texts of run A's files of these names, as far as there are any."""
    found = {}
    for name in b:
        path = script.folder / name
        if name == script.runs_as and script.code is not None:
            found[name] = script.code
        elif path.is_file():
            found[name] = _text(path)
    return found


def _text(path: Path) -> str:
    try:
        if path.suffix == ".ipynb":
            return notebook.script_of(path).code
        data = path.read_bytes()
        if len(data) > MAX_TEXT:
            raise InputError(f"{path} cannot be held against the script: it is larger than 1 MB")
        return data.decode("utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} cannot be held against the script: it is no UTF-8") from None


def did_not_take(change: Change, a: Conditions | None, b: Conditions | None, *, moved: bool) -> str | None:
    """Why a twist did not take in run B, as what was observed at the ends of the runs shows; None if it did."""
    twist = change.twist
    if twist is None:
        return None
    if twist.moves_seeds:
        return None if moved else "the script sets no seed that could be moved"
    if b is None:
        return None
    for name, value in change.environment.items():
        if b.variables.get(name) != value:
            own = b.variables.get(name)
            return f"the script sets {name} itself, {'takes it away' if own is None else f'to {own!r}'}"
    for library, threads in b.threads.items():
        if twist.name == "threads" and threads not in (0, int(change.number or 1)):
            return f"the script gives {LIBRARIES[library]} {threads} thread{'' if threads == 1 else 's'} itself"
    if twist.name == "determinism" and a is not None and a.determinism:
        return "the script switches op determinism on itself, so run A has it too"
    if twist.read_by and not set(twist.read_by) & set(b.imported):
        return f"nothing that reads it was imported: {_or([LIBRARIES[name] for name in twist.read_by])}"
    return None


def _or(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
