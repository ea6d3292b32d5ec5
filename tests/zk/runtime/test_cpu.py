"""The CPU and ZKSETTLE_LANES choose the path, once; a setting that the CPU cannot meet is rejected in one sentence."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from llvmlite import binding

from zk.errors import FormatError
from zk.runtime import cpu

ROOT = Path(__file__).parents[3]


def chosen(monkeypatch, wide: bool, setting: str | None) -> int:
    """The number of lanes that such a CPU chooses when ZKSETTLE_LANES is `setting`."""
    monkeypatch.setattr(cpu, "is_wide_cpu", lambda: wide)
    monkeypatch.delenv("ZKSETTLE_LANES", raising=False)
    if setting is not None:
        monkeypatch.setenv("ZKSETTLE_LANES", setting)
    return cpu._choose_lanes()


@pytest.mark.parametrize(
    "wide, setting, lanes",
    [(True, None, 8), (True, "", 8), (True, "8", 8), (True, "1", 1), (False, None, 1), (False, "", 1), (False, "1", 1)],
)
def test_the_cpu_decides_and_the_environment_may_ask_for_one_lane(monkeypatch, wide, setting, lanes):
    assert chosen(monkeypatch, wide, setting) == lanes


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("setting", ["0", "2", "4", "16", "-1", "08", " 8", "8 ", "eight", "1.0"])
def test_any_other_number_of_lanes_is_rejected(monkeypatch, wide, setting):
    with pytest.raises(FormatError, match="ZKSETTLE_LANES must be 1 or 8"):
        chosen(monkeypatch, wide, setting)


def test_eight_lanes_on_a_cpu_without_them_are_rejected_with_the_features_it_needs(monkeypatch):
    with pytest.raises(FormatError, match="but this CPU lacks at least one of avx512f, avx512dq, avx512vl, avx512ifma"):
        chosen(monkeypatch, False, "8")


FEATURES = ",".join(f"+{feature}" for feature in cpu.FEATURES)


@pytest.mark.parametrize(
    "name, features, is_wide",
    [("", None, True), ("generic", None, False), ("", "", False), ("", "+avx2", False), ("", FEATURES, True),
     ("generic", FEATURES, True), ("", FEATURES + ",-avx512f", False)],
)  # fmt: skip
def test_the_cpu_that_numba_compiles_for_decides_too(monkeypatch, name, features, is_wide):
    monkeypatch.setattr(binding, "get_host_cpu_features", lambda: dict.fromkeys(cpu.FEATURES, True))
    monkeypatch.setenv("NUMBA_CPU_NAME", name)
    monkeypatch.delenv("NUMBA_CPU_FEATURES", raising=False)
    if features is not None:
        monkeypatch.setenv("NUMBA_CPU_FEATURES", features)
    monkeypatch.setenv("ZKSETTLE_LANES", "8")
    assert cpu.is_wide_cpu() is is_wide
    if not is_wide:
        with pytest.raises(FormatError, match="is 8, but the CPU set by NUMBA_CPU_NAME or NUMBA_CPU_FEATURES"):
            cpu._choose_lanes()


@pytest.mark.parametrize(
    "lanes, wide, words",
    [(8, True, "eight lanes"), (1, True, "ZKSETTLE_LANES asks"), (1, False, "lacks at least one of avx512f, avx512dq")],
)
def test_the_reason_names_what_decided(monkeypatch, lanes, wide, words):
    monkeypatch.setattr(cpu, "LANES", lanes)
    monkeypatch.setattr(cpu, "is_wide_cpu", lambda: wide)
    assert words in cpu.reason()


def process(source: str, setting: str) -> str:
    """The output of a new process with this ZKSETTLE_LANES."""
    environment = os.environ | {"ZKSETTLE_LANES": setting, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, env=environment, cwd=ROOT)
    return done.stdout + done.stderr


def test_each_path_has_its_own_compiled_kernels():
    source = "from zk.runtime import cpu, kernelcache; print(cpu.LANES, kernelcache.version)"
    one, own = process(source, "1").split(), process(source, str(cpu.LANES)).split()
    assert (one[0], own[0]) == ("1", str(cpu.LANES))
    assert (one[1] == own[1]) == (cpu.LANES == 1)


def command(arguments):
    return f"import sys; from prover.cli.main import main; sys.exit(main({arguments!r}))"


def test_the_command_line_prints_one_sentence_and_no_traceback():
    printed = process(command(["warmup"]), "3")
    assert printed.endswith("ZKSETTLE_LANES must be 1 or 8\n") and "Traceback" not in printed


def test_the_doctor_names_the_path():
    report = json.loads(process(command(["doctor", "--json"]), "1"))
    (text,) = (finding["text"] for finding in report["findings"] if finding["what"] == "processor")
    assert "arithmetic on one lane" in text
