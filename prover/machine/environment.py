"""The surroundings of a measurement, so that somebody else can repeat it: processor, clock, memory, system, software.

Everything is read from files that Linux offers (proc(5), sysfs, control groups v2 and v1).  What a system does not
offer is None, as most of a clock's settings are in a virtual machine.
"""

import os
import platform
import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prover.machine import clock, files, hardware

ROOT = Path("/")
PACKAGES = ("numba", "llvmlite", "numpy", "gmpy2", "cryptography", "zksettle")
SETTINGS = ("ZKSETTLE_THREADS", "ZKSETTLE_LANES", "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES", "NUMBA_OPT", "PYTHONHASHSEED",
            "MALLOC_ARENA_MAX", "LD_PRELOAD")  # fmt: skip
LOCK = "requirements.lock"

Facts = dict[str, Any]


def load() -> Facts:
    """The time, and how busy the machine is: averages over 1, 5 and 15 minutes, and stalls for want of a processor."""
    words = (_text(ROOT, "proc/loadavg") or "").split()
    pressure = dict(word.split("=") for word in (_text(ROOT, "proc/pressure/cpu") or "").split()[1:5] if "=" in word)
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(clock.now_ms() // 1000)),
        "average": [float(word) for word in words[:3]] or None,
        "waiting_percent": float(pressure["avg10"]) if "avg10" in pressure else None,
    }


def describe(arguments: Sequence[str], before: Facts, root: Path = ROOT) -> Facts:
    """Everything, with the load `before` and now.  `arguments` are those of the command that is measured."""
    return {
        "command": shlex.join(["zksettle", *arguments]),
        "load": {"start": before, "end": load()},
        "processor": processor(root),
        "clock": frequency(root),
        "caches": caches(root),
        "memory": memory(root),
        "limits": limits(root),
        "system": {"kernel": platform.release(), "version": platform.version(), "machine": platform.machine(),
                   "c_library": " ".join(platform.libc_ver()) or None},
        "software": _software(),
        "settings": {name: os.environ[name] for name in SETTINGS if name in os.environ},
    }  # fmt: skip


def processor(root: Path) -> Facts:
    """The first processor of /proc/cpuinfo, and how many of them this process may use."""
    values: dict[str, str] = {}
    for line in (_text(root, "proc/cpuinfo") or "").splitlines():
        name, _, value = line.partition(":")
        values.setdefault(name.strip(), value.strip())
    flags = values.get("flags", values.get("Features", "")).split()
    return {
        "name": values.get("model name") or platform.processor() or None,
        **{name: values.get(key) for name, key in (("vendor", "vendor_id"), ("family", "cpu family"),
           ("model", "model"), ("stepping", "stepping"), ("microcode", "microcode"))},
        "cores": os.cpu_count(),
        "usable": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "is_smt_active": _text(root, "sys/devices/system/cpu/smt/active") == "1",
        "is_virtual": "hypervisor" in flags if flags else None,
        "flags": [flag for flag in flags if flag.startswith(("avx", "bmi", "adx", "sse4", "asimd", "sve", "gfni"))],
    }  # fmt: skip


def frequency(root: Path) -> Facts:
    """The clock in MHz, and what governs it."""
    cpu, first = "sys/devices/system/cpu", "sys/devices/system/cpu/cpu0/cpufreq"
    clocks = [line.partition(":")[2] for line in (_text(root, "proc/cpuinfo") or "").splitlines() if "cpu MHz" in line]
    no_turbo, boost = _text(root, f"{cpu}/intel_pstate/no_turbo"), _text(root, f"{cpu}/cpufreq/boost")
    return {
        "now_mhz": [round(float(clock)) for clock in clocks] or None,
        "least_khz": _text(root, f"{first}/cpuinfo_min_freq"),
        "most_khz": _text(root, f"{first}/cpuinfo_max_freq"),
        "governor": _text(root, f"{first}/scaling_governor"),
        "driver": _text(root, f"{first}/scaling_driver"),
        "turbo": no_turbo == "0" if no_turbo is not None else boost == "1" if boost is not None else None,
    }


def caches(root: Path) -> list[str] | None:
    """The caches of the first processor, such as "L1 Data 48K, shared by 0"."""
    found = []
    for folder in sorted((root / "sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size, shared = (_text(folder, name) for name in ("level", "type", "size", "shared_cpu_list"))
        found.append(f"L{level} {kind} {size}, shared by {shared}")
    return found or None


def memory(root: Path) -> Facts:
    """Bytes of memory, and whether the system makes large pages of small ones."""
    lines = (line.split() for line in (_text(root, "proc/meminfo") or "").splitlines())
    values = {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines if len(words) > 2}
    return {
        "total_bytes": values.get("MemTotal"),
        "available_bytes": values.get("MemAvailable"),
        "swap_bytes": values.get("SwapTotal"),
        "large_pages": _text(root, "sys/kernel/mm/transparent_hugepage/enabled"),
    }


def limits(root: Path) -> Facts:
    """What a container allows: its quota of processor time, and its memory."""
    group = "sys/fs/cgroup"
    quota, period = (_text(root, f"{group}/cpu/cpu.cfs_{name}_us") for name in ("quota", "period"))
    first = f"{quota} {period}" if quota and period else None
    return {
        "processor": _text(root, f"{group}/cpu.max") or first,
        "memory": _text(root, f"{group}/memory.max") or _text(root, f"{group}/memory/memory.limit_in_bytes"),
        "processors": _text(root, f"{group}/cpuset.cpus.effective") or _text(root, f"{group}/cpuset/cpuset.cpus"),
    }


def _software() -> Facts:
    lock, commit = Path(__file__).parents[2] / LOCK, hardware.commit()
    return {
        "commit": commit.removesuffix("+"),
        "has_changes": commit.endswith("+"),
        "lock_sha256": files.digest(lock) if lock.is_file() else None,
        "python": f"{platform.python_implementation()} {platform.python_version()}, {platform.python_compiler()}",
        **{name: hardware.package_version(name) for name in PACKAGES},
    }


def _text(folder: Path, name: str) -> str | None:
    """The text of a file, or None where there is none."""
    try:
        return (folder / name).read_text("utf-8", "replace").strip() or None
    except OSError:
        return None
