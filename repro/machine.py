"""What this machine is, as far as it decides what a run can do: found by looking."""

import os
import platform
from pathlib import Path

CPU_INFORMATION = Path("/proc/cpuinfo")  # Linux


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def has_newer_than_avx2() -> bool | None:
    """Whether the processor has instructions newer than AVX2 that oneDNN uses for float32: AVX-512. None where nobody
    says."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return False
    try:
        lines = CPU_INFORMATION.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    flags = [line.partition(":")[2].split() for line in lines if line.startswith("flags")]
    return "avx512f" in flags[0] if flags else None
