"""`zksettle powersoftau`: a ceremony from its beginning to its check."""

import json

import pytest

from tests.prover.cli.run import refused, zksettle


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a.ptau (new), b (a contribution), c (a beacon), d (prepared)."""
    folder = tmp_path_factory.mktemp("powers")
    steps = [
        ("new", "bn128", "2", "a"),
        ("contribute", "a", "b", "--name", "Zo\u00eb\x1b[2J", "-e", "noise"),
        ("beacon", "b", "c", "0x0102", "10", "-n", "the end"),
        ("prepare", "phase2", "c", "d"),
    ]
    for step in steps:
        words = (folder / f"{word}.ptau" if word in ("a", "b", "c", "d") else word for word in step)
        ran = powersoftau(folder, *words)
        assert ran.code == 0, ran
    return folder


def powersoftau(folder, *arguments):
    return zksettle(folder / "home", "powersoftau", *arguments)


def test_a_ceremony_is_verified_and_tells_who_took_part(place):
    ran = powersoftau(place, "verify", place / "d.ptau")
    assert ran.code == 0 and "what 2 contributions made of them" in ran.out
    name = "Zo\u00eb\N{REPLACEMENT CHARACTER}[2J"
    for words in ("up to 2^2", "prepared", name, "the end", "hashed 2^10 times", "0102"):
        assert words in ran.out
    assert "\x1b" not in ran.out


def test_programs_get_the_same_as_one_document(place):
    found = json.loads(powersoftau(place, "verify", place / "d.ptau", "--json").out)
    assert found["valid"] and found["prepared"] and found["power"] == found["ceremony_power"] == 2
    assert [one["name"] for one in found["contributions"]] == ["Zo\u00eb\x1b[2J", "the end"]
    assert found["contributions"][1]["beacon"] == {"value": "0102", "iterations_exponent": 10}
    assert "valid" not in json.loads(powersoftau(place, "info", place / "d.ptau", "--json").out)


def test_powers_of_nobody_or_of_one_alone_are_told_to_be_so(place):
    assert powersoftau(place, "beacon", place / "a.ptau", place / "known.ptau", "01", "10").code == 0
    assert powersoftau(place, "contribute", place / "c.ptau", place / "many.ptau").code == 0
    nobody, alone = "Nobody has contributed a secret: anybody can forge", "Only one has contributed a secret, who alone"
    for name, secrets in (("known", 0), ("b", 1), ("c", 1), ("many", 2)):
        for command in ("verify", "info"):
            ran = powersoftau(place, command, place / f"{name}.ptau")
            assert ran.code == 0 and (nobody in ran.out) == (secrets == 0) and (alone in ran.out) == (secrets == 1)
            found = json.loads(powersoftau(place, command, place / f"{name}.ptau", "--json").out)
            assert found["secrets"] == secrets and found["forgeable"] is (secrets == 0)
    assert "what 1 contribution made of them" in powersoftau(place, "verify", place / "b.ptau").out


def test_the_hash_that_a_contributor_is_told_is_the_one_that_others_see(place):
    ran = powersoftau(place, "contribute", place / "c.ptau", place / "e.ptau", "--json")
    shown = json.loads(powersoftau(place, "info", place / "e.ptau", "--json").out)
    assert json.loads(ran.out)["hash"] == shown["contributions"][2]["hash"]
    text = powersoftau(place, "info", place / "e.ptau")
    assert "none at the end" in text.out and "`powersoftau prepare phase2`" in text.out


def test_shorter_copies_are_named_after_their_power(place):
    assert powersoftau(place, "truncate", place / "d.ptau").out == f"{place / 'd_01.ptau'}\n"
    assert "shortened from 2^2" in powersoftau(place, "verify", place / "d_01.ptau").out
    ran = powersoftau(place, "truncate", place / "d.ptau", place / "short", "--json")
    assert json.loads(ran.out) == {"files": [str(place / "short01.ptau")]}
    refused(powersoftau(place, "contribute", place / "d_01.ptau", place / "x.ptau"), 3, "d_01.ptau is truncated")
    assert not (place / "x.ptau").exists()


def test_a_file_that_is_not_right_ends_with_the_reason(place):
    refused(powersoftau(place, "verify", place / "a.ptau"), 1, "there is no contribution")
    wrong = bytearray((place / "c.ptau").read_bytes())
    wrong[-1] ^= 1  # of the beacon
    (place / "wrong.ptau").write_bytes(wrong)
    refused(powersoftau(place, "verify", place / "wrong.ptau"), 1, "contribution 2", "its beacon yields")
    (place / "cut.ptau").write_bytes(wrong[:-1])
    refused(powersoftau(place, "verify", place / "cut.ptau"), 3, "cut.ptau ends before the contributions do")
    refused(powersoftau(place, "info", place / "none.ptau"), 3, "none.ptau cannot be read")


def test_a_beacon_nobody_would_check_is_refused_when_made_and_when_verified(place):
    refused(powersoftau(place, "beacon", place / "b.ptau", place / "x.ptau", "01", "27"), 3, "the limit is 2^26")
    data = (place / "c.ptau").read_bytes()
    at = data.rindex(b"\x02\x0a\x03\x02\x01\x02")
    (place / "endless.ptau").write_bytes(data[: at + 1] + b"\x3f" + data[at + 2 :])
    refused(powersoftau(place, "verify", place / "endless.ptau"), 3, "the largest beacon has 2^63 iterations")
    assert not (place / "x.ptau").exists()


@pytest.mark.parametrize("beacon", ["", "0x", "012", "0g", "0x0x01", " 01"])
def test_a_beacon_that_is_not_hexadecimal_is_wrong_usage(place, beacon):
    ran = powersoftau(place, "beacon", place / "b.ptau", place / "x.ptau", beacon, "10")
    refused(ran, 2, "HEX is not an even number of hexadecimal digits")


def test_a_file_is_not_written_over_its_source(place):
    for step in (("contribute",), ("prepare", "phase2")):
        ran = powersoftau(place, *step, place / "c.ptau", place / "c.ptau")
        refused(ran, 2, "POWERS.ptau and NEW.ptau are one file")
    refused(powersoftau(place, "new", "bn128", "2", place / "no" / "x.ptau"), 3, "its folder is not there")


def test_only_the_curve_that_there_is_can_be_asked_for(place):
    refused(powersoftau(place, "new", "bls12-381", "2", place / "x.ptau"), 2, "bls12-381")
    refused(powersoftau(place, "new", "bn128", "29", place / "x.ptau"), 2, "29")


def test_the_text_that_was_mixed_in_is_not_in_the_file(place):
    assert b"noise" not in (place / "b.ptau").read_bytes()


def test_what_is_interrupted_leaves_no_file(place, monkeypatch):
    from zk.msm import pointwise

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(pointwise, "multiply", interrupted)
    before = sorted(place.iterdir())
    ran = powersoftau(place, "contribute", place / "c.ptau", place / "x.ptau")
    assert ran.code == 130 and ran.err.strip() == "interrupted"
    assert sorted(place.iterdir()) == before
