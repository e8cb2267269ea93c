"""What this machine is, how much memory its processes take, as the system reports it; a folder of its user's own."""

import contextlib
import os
import platform
import tempfile
from pathlib import Path

INSTRUCTION_SETS = ("sse4_2", "avx", "fma", "avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile")
CPU_INFORMATION = Path("/proc/cpuinfo")  # Linux


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor() -> str:
    """The processor's model, or its architecture if the system does not say more."""
    return _first("model name") or platform.machine()


def instruction_sets() -> list[str] | None:
    """Those of INSTRUCTION_SETS that the processor has: numerical libraries choose their code by them. None if the
    system does not say."""
    flags = _first("flags").split()
    return [name for name in INSTRUCTION_SETS if name in flags] if flags else None


def has_newer_than_avx2() -> bool | None:
    """Whether the processor has instructions newer than AVX2 that oneDNN uses for float32: AVX-512. None if the
    system does not say."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return False
    known = instruction_sets()
    return None if known is None else "avx512f" in known


def private_folder() -> Path:
    """A folder for sockets that this user alone can open; OSError if it is somebody else's."""
    path = Path(tempfile.gettempdir()) / f"which-seed-matters-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    if path.stat().st_uid != os.getuid() or path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} is open to others")
    return path


def memory(process: int) -> int | None:
    """The proportional set size of a process in bytes: what it shares with others counts in parts. None if the
    system does not say, 0 if there is no such process."""
    if not CPU_INFORMATION.exists():
        return None
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8")
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:")), 0)


def memory_limit() -> int | None:
    """The bytes of address space that processes started here may have (`ulimit -v`); None if there is no limit."""
    try:
        import resource  # which Windows does not have
    except ImportError:
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def memory_advice() -> str:
    """What to do if a process ends and a limit of memory may be the cause; empty if there is no narrow limit."""
    limit = memory_limit()
    if limit is None or limit > 16e9:
        return ""
    return f"A process may use {limit / 1e9:.1f} GB here (`ulimit -v`), and TensorFlow may need more: raise the limit."


def children(process: int) -> list[int]:
    """The process ids of a process's children; none if the system does not say."""
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, task.read_text(encoding="utf-8").split())
    return found


def _first(name: str) -> str:
    """What the system says of its first processor under `name`; nothing if it does not."""
    try:
        lines = CPU_INFORMATION.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == name), "")


def rows() -> dict[str, str]:
    """What this machine is, by rows: its system, its processor and the number of its cores."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "processor": processor(),
        "instructions": " ".join(instruction_sets() or []),
        "cores": str(cores()),
    }
