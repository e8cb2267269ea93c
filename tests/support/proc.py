"""What Linux shows of processes in /proc: who is whose child, who lives, and how much memory they take."""

from pathlib import Path

from repro.experiment import machine

MEGABYTE = 2**20


def memory(process: int) -> int:
    """The proportional set size of a process, in bytes; 0 once it has ended."""
    return machine.memory(process) or 0


def _parents() -> dict[int, int]:
    """The parent of each process, those included that have ended and were not waited for."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            found[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended meanwhile
            continue
    return found


def children(process: int) -> list[int]:
    """The ids of a process's children, those included that have ended and were not waited for."""
    return sorted(child for child, parent in _parents().items() if parent == process)


def descendants(process: int) -> list[int]:
    """The ids of all processes below a process."""
    parents = _parents()
    found = [process]
    for above in found:
        found += [child for child, parent in parents.items() if parent == above]
    return sorted(found[1:])


def command(process: int) -> list[str]:
    """The command line of a process; empty once it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_text().split("\0")[:-1]
    except OSError:
        return []


def templates(launching: int) -> list[int]:
    """The ids of the processes that a launcher in process `launching` forks runs from."""
    return [child for child in children(launching) if "--template" in command(child)]


def forks(template: int) -> list[int]:
    """The ids of the forked children of a template, which share its command line. It has others for a moment:
    importing TensorFlow starts a `uname -p`."""
    own = command(template)
    return [child for child in children(template) if own and command(child) == own]


def lives(process: int) -> bool:
    """Whether a process has not ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
