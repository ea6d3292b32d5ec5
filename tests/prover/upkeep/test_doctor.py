"""The doctor looks at everything and changes nothing; what would not work is BAD and is exit code 1."""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from circuits import registry
from prover.machine import hardware, home
from prover.proofs import keystores
from prover.upkeep import doctor
from tests.prover.cli.run import zksettle
from zk.runtime import cpu


def states(found):
    return {finding.what: finding.state for finding in found}


def test_doctor_examines_everything_and_creates_nothing(tmp_path):
    found = list(doctor.examine(home.find(tmp_path / "new")))
    assert states(found).keys() == {
        "settings", "Python", "packages", "import names", "processor", "memory", "randomness", "database", "data",
        "pool", "proving keys", "kernels", "Node.js",
    }  # fmt: skip
    assert states(found)["proving keys"] == doctor.NOTE and all(finding.text for finding in found)
    assert list(tmp_path.iterdir()) == []


def test_a_healthy_machine_is_exit_code_0(tmp_path):
    ran = zksettle(tmp_path, "doctor", "--json")
    assert ran.code == 0 and json.loads(ran.out)["healthy"] is True


@pytest.mark.parametrize("what, patch", [
    ("packages", lambda m: m.setattr(hardware, "package_version", lambda name: None)),
    ("randomness", lambda m: m.setattr(doctor.entropy, "token", lambda n: b"\x07" * n)),
    ("Python", lambda m: m.setattr(doctor, "MIN_PYTHON", (9, 9))),
    ("database", lambda m: m.setattr(doctor, "MIN_SQLITE", (99, 0, 0))),
    ("import names", lambda m: m.setattr(hardware, "foreign_packages", lambda: ["circuits"])),
])  # fmt: skip
def test_a_fatal_finding_is_bad_and_exit_code_1(tmp_path, monkeypatch, what, patch):
    patch(monkeypatch)
    assert states(doctor.examine(home.find(tmp_path)))[what] == doctor.BAD
    ran = zksettle(tmp_path, "doctor")
    assert ran.code == 1 and "✗" in ran.out


def test_a_folder_that_others_can_read_is_noted(tmp_path):
    tmp_path.chmod(0o755)
    (finding,) = (f for f in doctor.examine(home.find(tmp_path)) if f.what == "data")
    assert finding.state == doctor.NOTE and "chmod 700" in finding.text


@contextmanager
def as_stranger():
    """Acts as a user whom permissions bind: the superuser becomes nobody until the block ends."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="permissions are POSIX's")
@pytest.mark.parametrize("closed, named", [
    ("", ("data", "pool")), ("pool", ("data", "pool")), ("wallets", ("data",)), ("keys", ("proving keys",)),
])  # fmt: skip
def test_a_home_that_cannot_be_entered_is_a_finding(closed, named):
    with tempfile.TemporaryDirectory() as folder:
        for name in ("pool", "wallets", *(f"keys/{keystores._name(name)}" for name in registry.names())):
            Path(folder, name).mkdir(parents=True)
        Path(folder).chmod(0o755)
        Path(folder, closed).chmod(0)
        with as_stranger():
            found = {finding.what: finding for finding in doctor.examine(home.find(folder))}
        Path(folder, closed).chmod(0o755)
    assert all(found[what].state == doctor.BAD for what in named)
    assert all(folder in found[what].text for what in named)


def test_a_home_below_a_file_is_a_finding_and_exit_code_1(tmp_path):
    (tmp_path / "file").touch()
    found = states(doctor.examine(home.find(tmp_path / "file" / "home")))
    assert found["data"] == doctor.BAD and found["pool"] == doctor.BAD
    assert zksettle(tmp_path / "file" / "home", "doctor").code == 1


def test_warmup_does_nothing_twice(keystore, tmp_path):
    (tmp_path / "keys").symlink_to(keystore.folder("leg").parent, target_is_directory=True)
    assert zksettle(tmp_path, "warmup").code == 0
    again = json.loads(zksettle(tmp_path, "warmup", "--json").out)
    assert (again["compiled"], again["keys_made"]) == (False, [])


def test_doctor_names_the_lanes_and_notes_one_lane_on_a_cpu_with_eight(tmp_path, monkeypatch):
    monkeypatch.setattr(cpu, "is_wide_cpu", lambda: True)
    for lanes, state, words in ((8, doctor.GOOD, "eight lanes"), (1, doctor.NOTE, "one lane, as ZKSETTLE_LANES asks")):
        monkeypatch.setattr(cpu, "LANES", lanes)
        (finding,) = (f for f in doctor.examine(home.find(tmp_path)) if f.what == "processor")
        assert finding.state == state and words in finding.text
        assert hardware.describe()["lanes"] == lanes


@pytest.mark.parametrize("setting", ["ZKSETTLE_LANES=3", "ZKSETTLE_THREADS=x"])
def test_an_impossible_setting_is_bad_and_the_other_checks_still_run(tmp_path, setting):
    name, _, value = setting.partition("=")
    command = [sys.executable, "-m", "prover.cli.main", "doctor", "--json", "--home", str(tmp_path)]
    environment = os.environ | {name: value}
    ran = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=300)
    found = {finding["what"]: finding for finding in json.loads(ran.stdout)["findings"]}
    assert ran.returncode == 1 and ran.stderr == "" and len(found) == 13
    assert [what for what, finding in found.items() if finding["state"] == doctor.BAD] == ["settings"]
    assert name in found["settings"]["text"]
