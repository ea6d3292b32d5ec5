"""`zksettle guardian …`: what it shows and refuses, with real proofs."""

import json
import socket

import pytest

from prover.guardian import dealing, guardianfile
from prover.operator import founding
from prover.operator.founding import Choices
from tests import ports
from tests.prover.cli.run import as_json, refused, zksettle


@pytest.fixture(scope="module")
def pool(home):
    """A home with a pool whose three guardians are on this machine, at its first prices."""
    assert zksettle(home, "pool", "new", "--insecure-dev").code == 0
    return home


def free_address():
    return f"127.0.0.1:{ports.free()}"


def test_the_guardians_found_the_insurance_take_what_it_is_given_and_show_that_it_is_solvent(pool):
    before = as_json(pool, "guardian", "status")
    assert [one["state"] for one in before["guardians"]] == ["answers"] * 3 and before["watched"] == 0
    assert as_json(pool, "guardian", "watch", "--once")["founded"] is False, "there are no prices yet"
    refused(zksettle(pool, "guardian", "seize"), 1, "without fresh prices and an insurance")
    first, second = (as_json(pool, "oracle", "publish") for _ in range(2))
    assert [one["insurance"]["silent_epochs"] for one in (first, second)] == [1, 2]
    for command in (["pool", "show"], ["oracle", "publish"]):
        told = zksettle(pool, *command).out
        assert "the insurance has not shown that it is solvent" in told and "`zksettle guardian watch`" in told
    refused(zksettle(pool, "guardian", "sell"), 1, "an insurance that can be opened")
    founded = as_json(pool, "guardian", "watch", "--once")
    assert (founded["founded"], founded["beaten"], founded["watched"]) == (True, True, 0)

    assert zksettle(pool, "wallet", "new", "main").code == 0
    assert zksettle(pool, "deposit", "100 USDC").code == 0
    refused(zksettle(pool, "guardian", "fund", "40 USDC"), 2, "nobody can take it back", "--yes")
    refused(zksettle(pool, "guardian", "fund", "1 BTC", "--yes"), 3, "1 BTC is not an amount of USDC")
    too_much = zksettle(pool, "guardian", "fund", "400 USDC", "--yes")
    assert too_much.code == 1 and "holds 100 USDC" in too_much.err, too_much
    assert as_json(pool, "guardian", "fund", "40 USDC", "--yes")["payments"][0]["account"] == "insurance"
    assert as_json(pool, "guardian", "watch", "--once")["drawn"] == 0, "it is drawn once in an epoch"
    assert zksettle(pool, "oracle", "publish").code == 0
    drawn = as_json(pool, "guardian", "watch", "--once")
    assert (drawn["drawn"], drawn["beaten"], drawn["insolvent"]) == (1, True, False)
    status = as_json(pool, "guardian", "status")
    assert status["silent_epochs"] == 0 and status["worst"] is None and status["insurance"] > 0
    assert {one["claim"]: one["open_interest"] for one in status["claims"]}["ETH-PERP"] == 0
    shown = zksettle(pool, "guardian", "status")
    assert "USDC in its worst scenario; shown in time" in shown.out and "0 margined accounts" in shown.out

    refused(zksettle(pool, "guardian", "sell"), 1, "nothing to sell: it holds the numeraire alone")
    refused(zksettle(pool, "guardian", "sell", "DOGE"), 3, "DOGE")
    refused(zksettle(pool, "guardian", "seize"), 1, "no margined account is in breach of maintenance")
    refused(zksettle(pool, "guardian", "seize", "1"), 1, "no margined account at position 1 is in breach")
    refused(zksettle(pool, "guardian", "expire", "ETH-PERP"), 1, "silent for 0 epochs", "more than 3")
    refused(zksettle(pool, "guardian", "expire", "BTC"), 3, "BTC is held outside, and only claims expire")
    refused(zksettle(pool, "guardian", "expire", "DOGE"), 3, "DOGE")


def test_too_few_guardians_are_named_and_status_ends_in_a_sentence(pool):
    """Guardian 2 alone: guardian 1 is not there, and guardian 3 accepts and never answers."""
    folder = pool / "guardians"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as hung:
        hung.bind(str(guardianfile.path(folder, 1, 3).with_suffix(".socket")))
        hung.listen()
        ran = zksettle(pool, "guardian", "status", "--member", "2", "--json")
    guardianfile.path(folder, 1, 3).with_suffix(".socket").unlink()
    document = json.loads(ran.out)
    assert ran.code == document["exit_code"] == 1 and document["watched"] is None
    absent, here, silent = (one["state"] for one in document["guardians"])
    assert here == "answers" and "No such file" in absent and "nothing came for 3 s" in silent
    assert "2 of 3 guardians, and too few answer" in document["error"] and document["error"] in ran.err
    refused(zksettle(pool, "guardian", "watch", "--once", "--member", "7"), 3, "there is no guardian 7")


def test_a_home_without_guardians_says_what_makes_them(tmp_path, pool):
    for name in ("pool", "keys"):
        (tmp_path / name).symlink_to(pool / name, target_is_directory=True)
    refused(zksettle(tmp_path, "guardian", "status"), 3, "there is no guardian", "guardian deal")
    refused(zksettle(tmp_path, "guardian", "new"), 3, "`zksettle guardian new` makes one")
    refused(zksettle(tmp_path, "guardian", "new", "--listen", "nowhere"), 3, "HOST:PORT")
    refused(zksettle(tmp_path, "guardian", "deal", "me", "--threshold", "1"), 3, "guardian new")


def test_a_guardian_alone_deals_keys_and_is_shown_as_such(tmp_path):
    name = as_json(tmp_path, "guardian", "new", "--listen", free_address())["guardian"]
    refused(zksettle(tmp_path, "guardian", "new", "--listen", free_address()), 1, "guardian-identity.json")
    assert as_json(tmp_path, "guardian", "new", "--show") == {"guardian": name}
    refused(zksettle(tmp_path, "guardian", "deal", "me", "--threshold", "1"), 3, "is not IDENTITY@HOST:PORT")
    refused(zksettle(tmp_path, "guardian", "deal", name, "--threshold", "2"), 3, "not a quorum")
    record = tmp_path / "guardians.json"
    dealt = zksettle(tmp_path, "guardian", "deal", name, "--threshold", "1", "--number", "3", "-o", record)
    assert dealt.code == 0 and "1 of 1, key 3" in dealt.out and "one guardian, who alone sees" in dealt.out
    (own,) = guardianfile.here(tmp_path / "guardians")
    founded = founding.parameters(Choices(values=json.loads(record.read_text())), None, None)
    assert founded.guardians is not None and founded.guardians.number == 3
    assert founded.guardians.encryption_key == dealing.record(own).encryption_key
    assert [(one.number, one.index) for one in guardianfile.here(tmp_path / "guardians")] == [(3, 1)]
    again = zksettle(tmp_path, "guardian", "deal", name, "--threshold", "1", "--number", "3")
    refused(again, 3, "there are shares of guardian key 3")
