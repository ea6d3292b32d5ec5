"""The machine that this runs on, in words: for `doctor`, and for every benchmark, which means nothing without it."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

from zk.runtime import cpu, parallel

# What decides how fast field arithmetic is; Linux's names on x86 and on Arm.  `zk/runtime/cpu.py` needs the four of AVX-512.
NOTABLE_FEATURES = ("avx2", "bmi2", "adx", "avx512f", "avx512dq", "avx512vl", "avx512ifma", "asimd", "sve")

# Where a container's memory is limited: the folder, and its files' names for the limit and for what is in use; and the
# line of memory.stat that counts what the system would give back.
CONTAINER_LIMITS = (
    ("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
    ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def package_version(name: str) -> str | None:
    """The version of an installed distribution, or None; nothing is imported."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def cpu_name() -> str:
    """The processor's name for itself; on x86 with family and model, for virtual machines call many kinds alike."""
    told = {}
    for line in _cpuinfo():
        name, _, value = line.partition(":")
        told.setdefault(name.strip(), value.strip())
    if "model name" not in told:
        return platform.processor() or platform.machine()
    if "cpu family" in told and "model" in told:
        return f"{told['model name']} (family {told['cpu family']}, model {told['model']})"
    return told["model name"]


def cpu_features() -> tuple[str, ...]:
    """Those of NOTABLE_FEATURES that the processor has; empty where the system does not tell."""
    for line in _cpuinfo():
        if line.startswith(("flags", "Features")):
            flags = set(line.partition(":")[2].split())
            return tuple(feature for feature in NOTABLE_FEATURES if feature in flags)
    return ()


def describe() -> dict[str, str | int | list[str]]:
    """Everything a measurement must name."""
    return {
        "cpu": cpu_name(),
        "cores": os.cpu_count() or 1,
        "threads": parallel.threads(),
        "lanes": cpu.LANES,
        "features": list(cpu_features()),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "numba": package_version("numba") or "missing",
        "llvmlite": package_version("llvmlite") or "missing",
        "zksettle": package_version("zksettle") or "not installed",
        "commit": commit(),
    }


def commit() -> str:
    """The commit of the source that runs, with + behind it when files differ; "none" when it is not a checkout."""
    here = Path(__file__).parent

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(here), *arguments], capture_output=True, text=True, timeout=10)
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        if git("ls-files", "--error-unmatch", Path(__file__).name) == "":
            return "none"
        return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.TimeoutExpired):
        return "none"


def foreign_packages() -> list[str]:
    """Installed distributions with the name of a package of ours: PyPI has a `circuits` and a `prover`."""
    found = []
    for name in ("zk", "circuits", "settlement", "prover"):
        try:
            distribution(name)
        except PackageNotFoundError:
            continue
        found.append(name)
    return found


def peak_memory_bytes() -> int | None:
    """The most memory this process has had resident, or None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak * 1024


def free_memory_bytes() -> int | None:
    """How much memory a program may still take: what the system has, within the container's limit if there is one.

    None where the system does not tell.  (Linux: proc(5), MemAvailable; control groups v2 and v1.)
    """
    told = [line.split() for line in _lines("/proc/meminfo")]
    free = [int(words[1]) * 1024 for words in told if words[:1] == ["MemAvailable:"]]
    for folder, limit, used, cache in CONTAINER_LIMITS:
        stated = [_lines(f"{folder}/{name}") for name in (limit, used)]
        if all(lines and lines[0].isdigit() for lines in stated):
            cached = sum(int(line.split()[1]) for line in _lines(f"{folder}/memory.stat") if line.split()[0] == cache)
            free.append(int(stated[0][0]) - int(stated[1][0]) + cached)
    return max(min(free), 0) if free else None


def _cpuinfo() -> list[str]:
    return _lines("/proc/cpuinfo")


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
