"""A change of the parameters by commands: proposed, signed by two of three, announced, and shown."""

import json

import pytest

from prover.machine import clock
from prover.machine.home import Home
from prover.operator import creation
from tests.attacks.test_founding_destroys import AnyKeys
from tests.prover.cli.run import as_json, refused, zksettle


@pytest.fixture
def home(tmp_path):
    creation.create(Home(tmp_path), AnyKeys(), "a pool", clock.now_ms())
    return tmp_path


def propose(home, *changes, file="change"):
    return zksettle(home, "governance", "propose", home / file, *(f"--set={each}" for each in changes))


def test_two_of_three_change_the_parameters_after_the_pools_delay(home):
    file = home / "change"
    assert propose(home, "penalty_bps=800", "fees.leg=10000", "risk.2.own_move_bps=60").code == 0
    refused(zksettle(home, "governance", "submit", file), 1, "0 of the 2 governors")
    first = as_json(home, "governance", "sign", file, "--member", 3, "--yes")
    assert first["signatures"] == [3] and not first["complete"]
    refused(zksettle(home, "governance", "submit", file), 1, "1 of the 2 governors")
    second = as_json(home, "governance", "sign", file, "--member", 1, "--yes")
    assert second["signatures"] == [1, 3] and second["complete"]
    assert second["changes"]["fees.leg"] == {"before": "0", "after": "10000"}
    assert as_json(home, "governance", "submit", file)["height"] == 1
    refused(zksettle(home, "governance", "submit", file), 1, "rejection 62 (VERSION)")
    shown = as_json(home, "governance", "show")
    assert shown["parameters"]["version"] == 1 and shown["parameters"]["penalty_bps"] == 1000
    (announced,) = shown["announced"]
    assert announced["parameters"]["penalty_bps"] == 800 and announced["parameters"]["risk"][2]["own_move_bps"] == 60
    assert announced["effective_ms"] > clock.now_ms() + shown["delay_ms"]
    assert as_json(home, "pool", "show")["parameters"]["version"] == 1
    assert as_json(home, "ledger", "audit")["changes"] == 1
    assert "version 2 from" in zksettle(home, "ledger", "show").out


def test_a_whole_record_is_proposed_from_a_file(home):
    record = as_json(home, "governance", "show")["parameters"] | {"loan_rate_bps": 1}
    (home / "record.json").write_text(json.dumps(record))
    told = as_json(home, "governance", "propose", home / "change", "--from", home / "record.json")
    assert list(told["changes"]) == ["loan_rate_bps"] and told["version"] == 2


@pytest.mark.parametrize("changes, code, words", [
    (["penalty_bps=80000"], 3, "penalty_bps is not an integer from 0 to 10000"),
    (["penalty=1"], 3, "there is no parameter 'penalty'"),
    (["risk.16.own_move_bps=1"], 3, "there is no parameter"),
    (["penalty_bps=x"], 3, "the value of penalty_bps is not JSON"),
    (["penalty_bps=1000"], 3, "nothing would change"),
    (["guardians=null"], 3, "name no guardians"),
    (["guardians.number=2"], 3, "number does not count"),
    (["quorum=3"], 3, "two thirds"),
    (["penalty_bps"], 2, "NAME=VALUE"),
    (["penalty_bps=1", "penalty_bps=2"], 2, "named twice"),
    ([], 2, "nothing would change"),
])
def test_what_the_pool_cannot_have_is_not_proposed(home, changes, code, words):
    refused(propose(home, *changes), code, words)
    assert not (home / "change").exists()


def test_nobody_signs_without_being_asked(home):
    assert propose(home, "penalty_bps=1").code == 0
    refused(zksettle(home, "governance", "sign", home / "change"), 2, "penalty_bps: 1000 becomes 1", "add --yes")


def test_a_file_that_is_no_change_is_refused(home):
    (home / "change").write_bytes(b"zkG1")
    for command in ("sign", "submit"):
        refused(zksettle(home, "governance", command, home / "change"), 3, "the change ends inside the time")


def test_a_governor_who_is_not_here_does_not_sign(home):
    assert propose(home, "penalty_bps=1").code == 0
    away = zksettle(home, "governance", "sign", home / "change", "--member", 4, "--yes")
    refused(away, 2, "the key of governor 4 is not here: there is that of 1, 2, 3")
    (home / "pool" / "governance.json").unlink()
    refused(zksettle(home, "governance", "sign", home / "change", "--yes"), 3, "there is no governor's key in", "--new")
    assert zksettle(home, "governance", "key", "--new").code == 0
    refused(zksettle(home, "governance", "sign", home / "change", "--yes"), 3, "is one of this pool's governors'")
