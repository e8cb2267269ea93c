"""What this machine is, as far as it decides what a run can do: found by looking."""

import os
import platform
from pathlib import Path

INSTRUCTION_SETS = ("sse4_2", "avx", "fma", "avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile")
CPU_INFORMATION = Path("/proc/cpuinfo")  # Linux


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor() -> str:
    """The processor's model, or its architecture where nobody says more."""
    return _first("model name") or platform.machine()


def instruction_sets() -> list[str] | None:
    """Those of the processor's instruction sets for numbers that programs choose their code by; None where nobody
    says."""
    flags = _first("flags").split()
    return [name for name in INSTRUCTION_SETS if name in flags] if flags else None


def has_newer_than_avx2() -> bool | None:
    """Whether the processor has instructions newer than AVX2 that oneDNN uses for float32: AVX-512. None where nobody
    says."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return False
    known = instruction_sets()
    return None if known is None else "avx512f" in known


def _first(name: str) -> str:
    """What the system says of its first processor under `name`; nothing where it does not."""
    try:
        lines = CPU_INFORMATION.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == name), "")
