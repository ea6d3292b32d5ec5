"""Governors and oracles who are different people: each makes one key, on a machine of their own, and signs with it."""

import shutil

import pytest

from prover.machine import clock
from prover.machine.home import Home
from prover.operator import creation, founding, ownkey
from prover.operator.founding import Choices
from tests.attacks.test_founding_destroys import AnyKeys
from tests.prover.cli.run import refused, zksettle
from tests.prover.cli.test_governance import as_json, propose


@pytest.fixture
def homes(tmp_path):
    """The founder's home, and those of three who each have a key as governor and one as oracle, and a copy of the
    ledger."""
    people = [tmp_path / f"person-{number}" for number in (1, 2, 3)]
    governors = [as_json(home, "governance", "key", "--new")["governor"] for home in people]
    points = [as_json(home, "oracle", "key", "--new")["point"] for home in people]
    choices = Choices(
        governors=tuple(ownkey.parse_key(text, ownkey.GOVERNOR) for text in governors), delay_ms=0,
        values={"oracle_keys": points, "fees": {"order": 5}}, named={"fees.leg": "7"},
    )  # fmt: skip
    founder = tmp_path / "founder"
    creation.create(Home(founder), AnyKeys(), "a pool", clock.now_ms(), choices=choices)
    for home in people:
        (home / "pool").mkdir()
        shutil.copy(founder / "pool" / "ledger.sqlite", home / "pool")
    return founder, people


def test_the_founder_has_none_of_their_secrets(homes):
    founder, people = homes
    assert not {"governance.json", "oracles.json"} & {path.name for path in (founder / "pool").iterdir()}
    secrets = [ownkey.read(Home(home), role) for home in people for role in (ownkey.GOVERNOR, ownkey.ORACLE)]
    everything = b"".join(path.read_bytes() for path in founder.rglob("*") if path.is_file())
    assert len(set(secrets)) == 6 and not any(str(secret).encode() in everything for secret in secrets)
    shown = as_json(founder, "pool", "show")
    assert shown["parameters"]["fees"] == {"leg": 7, "order": 5} and shown["parameters"]["quorum"] == 3
    assert shown["governance"]["quorum"] == 2 and shown["governance"]["delay_ms"] == 0
    assert "3, of whom 3 must agree to a price\n" in zksettle(founder, "pool", "show").out
    assert "price (1 of them on this machine)" in zksettle(people[1], "pool", "show").out


def test_a_backup_has_the_keys_of_their_owner(tmp_path):
    for command in ("governance", "oracle"):
        assert zksettle(tmp_path, command, "key", "--new").code == 0
    assert zksettle(tmp_path, "home", "backup", tmp_path / "backup").code == 0
    assert zksettle(tmp_path / "again", "home", "restore", tmp_path / "backup").code == 0
    for command in ("governance", "oracle"):
        assert zksettle(tmp_path / "again", command, "key").out == zksettle(tmp_path, command, "key").out != ""
        refused(zksettle(tmp_path, command, "key", "--new"), 1, "'s key in")


def test_each_signs_a_copy_of_the_change_and_the_signatures_are_collected(homes):
    founder, people = homes
    file, copies = founder / "change", [home / "change" for home in people[:2]]
    assert propose(founder, "penalty_bps=800").code == 0
    refused(zksettle(founder, "governance", "sign", file, "--yes"), 3, "there is no governor's key in")
    for number, (home, copy) in enumerate(zip(people, copies, strict=False), start=1):
        shutil.copy(file, copy)
        assert as_json(home, "governance", "sign", copy, "--yes")["signatures"] == [number]
        refused(zksettle(home, "governance", "sign", copy, "--member", 3, "--yes"), 2, f"there is that of {number}")
    refused(zksettle(founder, "governance", "submit", copies[0]), 1, "1 of the 2 governors")
    told = as_json(founder, "governance", "collect", file, *copies)
    assert told["signatures"] == [1, 2] and told["complete"]
    assert as_json(founder, "governance", "submit", file)["height"] == 1


def test_signatures_of_another_change_or_forged_ones_are_not_collected(homes):
    founder, people = homes
    assert propose(founder, "penalty_bps=800").code == 0 and propose(founder, "penalty_bps=900", file="other").code == 0
    assert zksettle(people[0], "governance", "sign", founder / "other", "--yes").code == 0
    before = (founder / "change").read_bytes()
    collected = zksettle(founder, "governance", "collect", founder / "change", founder / "other")
    refused(collected, 1, "other is another change than")
    forged = bytearray((founder / "other").read_bytes())
    forged[14 + 95] ^= 1  # in the signature's last number
    (founder / "other").write_bytes(forged)
    for command in (("collect", founder / "other", founder / "other"), ("sign", founder / "other", "--yes")):
        refused(zksettle(people[1], "governance", *command), 1, "governor 1 did not sign this change")
    assert (founder / "change").read_bytes() == before and (founder / "other").read_bytes() == bytes(forged)


def test_quotes_of_each_oracle_make_an_epoch_together(homes):
    founder, people = homes
    refused(zksettle(founder, "oracle", "publish"), 3, "there is no oracle's key in", "zksettle oracle key --new")
    quotes = [home / "quotes" for home in people]
    for number, (home, file) in enumerate(zip(people, quotes, strict=True), start=1):
        told = as_json(home, "oracle", "quote", file, "--price", f"ETH=30{number}0")
        assert told["oracles"] == [number] and told["epoch"] == 1
    options = [word for file in quotes for word in ("--quotes", file)]
    refused(zksettle(founder, "oracle", "publish", *options[:4]), 1, "USDC has 2 of 3 prices")
    refused(zksettle(founder, "oracle", "publish", *options, "--price", "ETH=1"), 2, "leave --price")
    assert as_json(founder, "oracle", "publish", *options)["prices"]["ETH"] == str(3020 * 10**6)
    refused(zksettle(founder, "oracle", "publish", *options), 1, "PRICE_ORDER")


def test_the_newer_of_two_quotes_of_one_oracle_counts(homes):
    founder, people = homes
    files = []
    for home, price in [*zip(people, (1, 2, 3), strict=True), (people[0], 4)]:
        files.append(home / f"quotes-{price}")
        assert zksettle(home, "oracle", "quote", files[-1], "--price", f"ETH={3000 + price}").code == 0
    options = [word for file in reversed(files) for word in ("--quotes", file)]
    assert as_json(founder, "oracle", "publish", *options)["prices"]["ETH"] == str(3003 * 10**6)


def test_a_damaged_file_of_quotes_is_named(homes):
    founder, people = homes
    assert zksettle(people[0], "oracle", "quote", people[0] / "quotes").code == 0
    (people[0] / "quotes").write_bytes((people[0] / "quotes").read_bytes()[:-1])
    refused(zksettle(founder, "oracle", "publish", "--quotes", people[0] / "quotes"), 3, "quotes: the quotes are not")


@pytest.mark.parametrize("options, code, words", [
    (["--fee", "leg=0.01"], 3, "write a number and an asset"),
    (["--fee", "leg=0.01 BTC"], 3, "is not an amount of USDC"),
    (["--fee", "leg=0.0000001 USDC"], 3, "USDC has 6 decimals"),
    (["--fee", "swap=1 USDC"], 2, "is not leg=AMOUNT or order=AMOUNT"),
    (["--fee", "leg=1 USDC", "--set", "fees.leg=1"], 2, "fees.leg is named twice"),
    (["--set", "penalty_bps=80000"], 3, "penalty_bps is not an integer from 0 to 10000"),
    (["--set", "penalty=1"], 3, "there is no parameter 'penalty'"),
    (["--set", "version=2"], 3, "must have version 1"),
    (["--set", "risk.0.factor=8"], 3, "factor of slot"),
    (["--governor", "1234"], 3, "a governor's public key must be 128"),
    (["--oracle", "1234"], 3, "an oracle's public key must be 128"),
    (["--governor-quorum", "4"], 3, "the quorum of the governors"),
    (["--parameters", "missing.json"], 3, "missing.json"),
])
def test_what_no_pool_can_have_is_refused_before_any_key_is_made(tmp_path, options, code, words):
    refused(zksettle(tmp_path, "pool", "new", "--insecure-dev", *options), code, words)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text, words", [
    ("[]", "is not an object of parameters"),
    ('{"penalty": 1}', "have no 'penalty'"),
    ('{"fees": {"legs": 1}}', "fees"),
    ('{"oracle_keys": 5}', "oracle_keys"),
    ('{"guardians": {"number": 1}}', "guardians"),
    ('{"quorum": 3}', "two thirds"),
    ("{", "is not JSON"),
])
def test_a_file_of_parameters_that_no_pool_can_have_is_refused(tmp_path, text, words):
    file = tmp_path / "parameters.json"
    file.write_text(text)
    refused(zksettle(tmp_path / "home", "pool", "new", "--insecure-dev", "--parameters", file), 3, words)
    assert not (tmp_path / "home").exists()


def test_the_printed_parameters_found_the_same_pool_again(tmp_path, homes):
    printed = as_json(homes[0], "pool", "show", "--parameters")
    assert printed["fees"] == {"leg": 7, "order": 5} and not set(founding.MADE_HERE) & set(printed)
    assert zksettle(homes[0], "pool", "show", "--parameters").out.startswith("{")
    assert as_json(tmp_path / "nowhere", "pool", "show", "--parameters") == founding.default_record()
    choices = Choices(values={**printed, "guardians": None})
    again = creation.create(Home(tmp_path / "again"), AnyKeys(), "again", clock.now_ms(), choices=choices)
    assert founding.record(again.parameters) == printed and again.parameters.quorum == 4
    assert again.parameters.guardians is None and not (tmp_path / "again" / "guardians").exists()
