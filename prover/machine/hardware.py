"""A description of this machine, for `doctor` and for every benchmark report."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

from zk.runtime import cpu, parallel

# The features that decide the speed of field arithmetic, as Linux names them on x86 and on Arm.  Eight lanes need the
# four of AVX-512 (zk/runtime/cpu.py).
NOTABLE_FEATURES = ("avx2", "bmi2", "adx", "avx512f", "avx512dq", "avx512vl", "avx512ifma", "asimd", "sve")

# The memory limits of a container: the folder, its files with the limit and the usage, and the line of memory.stat that
# counts the memory which the system would reclaim.
CONTAINER_LIMITS = (
    ("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
    ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def package_version(name: str) -> str | None:
    """The version of an installed distribution, or None.  Imports nothing of it."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def cpu_name() -> str:
    """The processor's name; on x86 with family and model, because virtual machines give many processors one name."""
    values: dict[str, str] = {}
    for line in _cpuinfo():
        name, _, value = line.partition(":")
        values.setdefault(name.strip(), value.strip())
    if "model name" not in values:
        return platform.processor() or platform.machine()
    if "cpu family" in values and "model" in values:
        return f"{values['model name']} (family {values['cpu family']}, model {values['model']})"
    return values["model name"]


def cpu_features() -> tuple[str, ...]:
    """The NOTABLE_FEATURES of the processor; empty where the system does not report them."""
    for line in _cpuinfo():
        if line.startswith(("flags", "Features")):
            flags = set(line.partition(":")[2].split())
            return tuple(feature for feature in NOTABLE_FEATURES if feature in flags)
    return ()


def describe() -> dict[str, str | int | list[str]]:
    """Everything that a measurement must state."""
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
    """The commit of the running source, with + appended if files differ; "none" outside a checkout."""
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
    """Installed distributions with the name of one of our packages: PyPI has a `circuits` and a `prover`."""
    foreign = []
    for name in ("zk", "circuits", "settlement", "prover"):
        try:
            distribution(name)
        except PackageNotFoundError:
            continue
        foreign.append(name)
    return foreign


def peak_memory_bytes() -> int | None:
    """The peak resident memory of this process, or None where the system does not report it."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak * 1024


def free_memory_bytes() -> int | None:
    """The memory that is still available: the system's, within the container's limit if there is one.

    None where the system does not report it.  (Linux: proc(5), MemAvailable; control groups v2 and v1.)
    """
    lines = [line.split() for line in _lines("/proc/meminfo")]
    free = [int(words[1]) * 1024 for words in lines if words[:1] == ["MemAvailable:"]]
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
