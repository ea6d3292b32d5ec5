"""The number of lanes: how many field elements one operation of a kernel works on, eight or one.

Eight where the CPU has the AVX-512 instructions that zk/fields/simd.py uses, IFMA among them; one elsewhere, or where
ZKSETTLE_LANES=1 asks for it.  Both paths give the same results in the same form.  NUMBA_CPU_NAME and NUMBA_CPU_FEATURES
make LLVM compile for another CPU; for one without these instructions it would abort on a vector of eight lanes.
"""

import os

from zk.errors import FormatError

FEATURES = ("avx512f", "avx512dq", "avx512vl", "avx512ifma")
EIGHT = 8


def is_wide_cpu() -> bool:
    """Whether this CPU, its operating system, and the CPU that Numba compiles for all support eight lanes."""
    from llvmlite import binding

    features = binding.get_host_cpu_features()
    return all(features.get(feature, False) for feature in FEATURES) and _is_compiled_for()


def _is_compiled_for() -> bool:
    """Whether the environment leaves the choice of a CPU to Numba, or sets one whose features include these."""
    name, setting = os.environ.get("NUMBA_CPU_NAME", ""), os.environ.get("NUMBA_CPU_FEATURES")
    if setting is not None:
        features = [feature.strip() for feature in setting.split(",")]
        return all(f"+{feature}" in features and f"-{feature}" not in features for feature in FEATURES)
    return not name


def _shortfall() -> str:
    """The reason why kernels cannot run on eight lanes here."""
    required = f"lacks at least one of {', '.join(FEATURES)}"
    if _is_compiled_for():
        return f"this CPU {required}"
    return f"the CPU set by NUMBA_CPU_NAME or NUMBA_CPU_FEATURES {required}"


def _choose_lanes() -> int:
    """Raises FormatError when ZKSETTLE_LANES is neither 1 nor 8, or is 8 where the CPU cannot run eight lanes."""
    setting = os.environ.get("ZKSETTLE_LANES", "")
    if setting not in ("", "1", "8"):
        raise FormatError("ZKSETTLE_LANES must be 1 or 8")
    if setting == "1" or not is_wide_cpu():
        if setting == "8":
            raise FormatError(f"ZKSETTLE_LANES is 8, but {_shortfall()}")
        return 1
    return EIGHT


LANES = _choose_lanes()


def reason() -> str:
    """Which path runs and why, as part of a sentence."""
    if LANES == EIGHT:
        return "eight lanes (AVX-512 IFMA)"
    if is_wide_cpu():
        return "one lane, as ZKSETTLE_LANES asks; this CPU could run eight, several times faster"
    return f"one lane: {_shortfall()}"
