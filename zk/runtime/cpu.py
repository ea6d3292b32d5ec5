"""How many field elements one operation of a kernel works on: eight lanes of a vector, or one.

Eight, when the CPU has the AVX-512 instructions that zk/fields/simd.py uses, IFMA among them.  ZKSETTLE_LANES=1 asks
for the path of all other CPUs.  Both give the same results in the same form.  NUMBA_CPU_NAME and NUMBA_CPU_FEATURES
tell LLVM to compile for another CPU; for one without these instructions it would abort over a vector of eight lanes.
"""

import os

from zk.errors import FormatError

FEATURES = ("avx512f", "avx512dq", "avx512vl", "avx512ifma")
EIGHT = 8


def is_wide_cpu() -> bool:
    """Whether this CPU, the operating system on it, and what Numba is told to compile for have eight lanes."""
    from llvmlite import binding

    found = binding.get_host_cpu_features()
    return all(found.get(feature, False) for feature in FEATURES) and _is_compiled_for()


def _is_compiled_for() -> bool:
    """Whether the environment leaves the choice of a CPU to Numba, or states one whose features include these."""
    name, stated = os.environ.get("NUMBA_CPU_NAME", ""), os.environ.get("NUMBA_CPU_FEATURES")
    if stated is not None:
        given = [feature.strip() for feature in stated.split(",")]
        return all(f"+{feature}" in given and f"-{feature}" not in given for feature in FEATURES)
    return not name


def _shortfall() -> str:
    """Why nothing runs on eight lanes here."""
    lacking = f"has not all of {', '.join(FEATURES)}"
    if _is_compiled_for():
        return f"this CPU {lacking}"
    return f"the CPU that NUMBA_CPU_NAME or NUMBA_CPU_FEATURES asks for {lacking}"


def _chosen() -> int:
    """Raises FormatError when ZKSETTLE_LANES is neither 1 nor 8, or asks for 8 where the CPU cannot."""
    stated = os.environ.get("ZKSETTLE_LANES", "")
    if stated not in ("", "1", "8"):
        raise FormatError("ZKSETTLE_LANES is neither 1 nor 8")
    if stated == "1" or not is_wide_cpu():
        if stated == "8":
            raise FormatError(f"ZKSETTLE_LANES is 8, and {_shortfall()}")
        return 1
    return EIGHT


LANES = _chosen()


def reason() -> str:
    """The path that runs, and why, as part of a sentence."""
    if LANES == EIGHT:
        return "eight lanes (AVX-512 IFMA)"
    if is_wide_cpu():
        return "one lane, as ZKSETTLE_LANES asks; this CPU could run eight, several times faster"
    return f"one lane: {_shortfall()}"
