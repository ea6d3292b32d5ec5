"""The surroundings of a measurement are read as Linux writes them, and where it writes nothing they are None."""

import json

from prover.machine import environment, hardware

CPUINFO = """processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 143
model name\t: A Xeon
stepping\t: 8
microcode\t: 0x2b
cpu MHz\t\t: 2600.49
flags\t\t: fpu avx2 bmi2 hypervisor avx512f

processor\t: 1
model name\t: another
cpu MHz\t\t: 3100.0
"""


def written(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


def test_a_processor_is_named_by_family_model_stepping_and_microcode(tmp_path):
    found = environment.processor(written(tmp_path, {"proc/cpuinfo": CPUINFO}))
    names = ("name", "vendor", "family", "model", "stepping", "microcode", "is_virtual", "flags")
    expected = ["A Xeon", "GenuineIntel", "6", "143", "8", "0x2b", True, ["avx2", "bmi2", "avx512f"]]
    assert [found[name] for name in names] == expected


def test_a_clock_is_every_core_s_and_what_governs_it(tmp_path):
    cpu = "sys/devices/system/cpu"
    root = written(tmp_path, {
        "proc/cpuinfo": CPUINFO, f"{cpu}/cpu0/cpufreq/scaling_governor": "performance",
        f"{cpu}/cpu0/cpufreq/cpuinfo_max_freq": "3800000", f"{cpu}/intel_pstate/no_turbo": "1",
    })  # fmt: skip
    found = environment.frequency(root)
    assert found["now_mhz"] == [2600, 3100] and found["governor"] == "performance"
    assert (found["most_khz"], found["turbo"], found["driver"]) == ("3800000", False, None)
    other = environment.frequency(written(tmp_path / "amd", {f"{cpu}/cpufreq/boost": "1"}))
    assert (other["turbo"], other["now_mhz"]) == (True, None)


def test_the_limits_of_a_container_are_read_in_both_versions_of_control_groups(tmp_path):
    second = written(tmp_path / "2", {"sys/fs/cgroup/cpu.max": "150000 100000", "sys/fs/cgroup/memory.max": "max"})
    assert environment.limits(second) == {"processor": "150000 100000", "memory": "max", "processors": None}
    first = written(tmp_path / "1", {
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824", "sys/fs/cgroup/cpuset/cpuset.cpus": "0-1",
    })  # fmt: skip
    assert environment.limits(first) == {"processor": "-1 100000", "memory": "1073741824", "processors": "0-1"}


def test_caches_and_memory_are_read(tmp_path):
    index = "sys/devices/system/cpu/cpu0/cache/index2"
    root = written(tmp_path, {
        f"{index}/level": "2", f"{index}/type": "Unified", f"{index}/size": "2048K", f"{index}/shared_cpu_list": "0",
        "proc/meminfo": "MemTotal:  100 kB\nMemAvailable:  60 kB\nSwapTotal:  0 kB\nHugePages_Total:  0",
    })  # fmt: skip
    assert environment.caches(root) == ["L2 Unified 2048K, shared by 0"]
    found = environment.memory(root)
    assert [found[f"{name}_bytes"] for name in ("total", "available", "swap")] == [102_400, 61_440, 0]


def test_a_system_that_offers_nothing_is_described_without_a_guess(tmp_path):
    whole = environment.describe([], environment.load(), tmp_path)
    assert whole["caches"] is None and set(whole["clock"].values()) == set(whole["limits"].values()) == {None}
    assert whole["processor"]["family"] is None and whole["processor"]["is_virtual"] is None


def test_the_command_can_be_pasted_into_a_shell_and_the_commit_is_that_of_the_source():
    whole = environment.describe(["bench", "ntt", "--csv", "my file"], environment.load())
    assert whole["command"] == "zksettle bench ntt --csv 'my file'"
    assert whole["software"]["commit"] == hardware.commit().removesuffix("+")
    assert len(whole["software"]["lock_sha256"]) == 64 and json.loads(json.dumps(whole)) == whole
