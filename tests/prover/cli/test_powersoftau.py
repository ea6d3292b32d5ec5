"""`zksettle powersoftau`: a ceremony from its beginning to its verification."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from prover.upkeep import warmup
from tests.prover.cli.run import refused, zksettle
from zk.formats import ptaucontributions

ROOT = Path(__file__).parents[3]


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


def test_a_ceremony_is_verified_and_its_contributors_are_listed(place):
    ran = powersoftau(place, "verify", place / "d.ptau")
    assert ran.code == 0 and "it is the result of 2 contributions" in ran.out
    name = r"Zoë\x1b[2J"
    for words in ("up to 2^2", "prepared", name, "the end", "hashed 2^10 times", "0102"):
        assert words in ran.out
    assert "\x1b" not in ran.out


def test_json_is_one_document_with_the_same_content(place):
    document = json.loads(powersoftau(place, "verify", place / "d.ptau", "--json").out)
    assert document["valid"] and document["prepared"] and document["power"] == document["ceremony_power"] == 2
    assert [one["name"] for one in document["contributions"]] == ["Zo\u00eb\x1b[2J", "the end"]
    assert document["contributions"][1]["beacon"] == {"value": "0102", "iterations_exponent": 10}
    assert "valid" not in json.loads(powersoftau(place, "info", place / "d.ptau", "--json").out)


def test_powers_with_no_or_one_secret_contribution_come_with_a_warning(place):
    assert powersoftau(place, "beacon", place / "a.ptau", place / "known.ptau", "01", "10").code == 0
    assert powersoftau(place, "contribute", place / "c.ptau", place / "many.ptau").code == 0
    none, alone = "no secret contribution: anybody can forge", "one secret contribution: its author alone could forge"
    for name, secrets in (("known", 0), ("b", 1), ("c", 1), ("many", 2)):
        for command in ("verify", "info"):
            ran = powersoftau(place, command, place / f"{name}.ptau")
            assert ran.code == 0 and (none in ran.out) == (secrets == 0) and (alone in ran.out) == (secrets == 1)
            document = json.loads(powersoftau(place, command, place / f"{name}.ptau", "--json").out)
            assert document["secrets"] == secrets and document["forgeable"] is (secrets == 0)
    assert "it is the result of 1 contribution." in powersoftau(place, "verify", place / "b.ptau").out


def test_the_hash_shown_to_a_contributor_is_the_one_that_others_see(place):
    ran = powersoftau(place, "contribute", place / "c.ptau", place / "e.ptau", "--json")
    shown = json.loads(powersoftau(place, "info", place / "e.ptau", "--json").out)
    assert json.loads(ran.out)["hash"] == shown["contributions"][2]["hash"]
    text = powersoftau(place, "info", place / "e.ptau")
    assert "none at the end" in text.out and "`zksettle powersoftau prepare phase2`" in text.out


def test_truncated_copies_are_named_after_their_power(place):
    assert powersoftau(place, "truncate", place / "d.ptau").out == f"{place / 'd_01.ptau'}\n"
    assert "truncated from 2^2" in powersoftau(place, "verify", place / "d_01.ptau").out
    ran = powersoftau(place, "truncate", place / "d.ptau", place / "short", "--json")
    assert json.loads(ran.out) == {"files": [str(place / "short01.ptau")]}
    refused(powersoftau(place, "contribute", place / "d_01.ptau", place / "x.ptau"), 3, "d_01.ptau is truncated")
    assert not (place / "x.ptau").exists()


def test_an_invalid_file_is_refused_with_the_reason(place):
    refused(powersoftau(place, "verify", place / "a.ptau"), 1, "there is no contribution")
    wrong = bytearray((place / "c.ptau").read_bytes())
    wrong[-1] ^= 1  # of the beacon
    (place / "wrong.ptau").write_bytes(wrong)
    refused(powersoftau(place, "verify", place / "wrong.ptau"), 1, "contribution 2", "its beacon yields")
    (place / "cut.ptau").write_bytes(wrong[:-1])
    refused(powersoftau(place, "verify", place / "cut.ptau"), 3, "cut.ptau ends before the contributions do")
    refused(powersoftau(place, "info", place / "none.ptau"), 3, "none.ptau cannot be read")


def test_a_beacon_with_too_many_iterations_is_neither_contributed_nor_verified(place):
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


def test_a_file_never_overwrites_its_source(place):
    for step in (("contribute",), ("prepare", "phase2")):
        ran = powersoftau(place, *step, place / "c.ptau", place / "c.ptau")
        refused(ran, 2, "POWERS.ptau and NEW.ptau are one file")
    refused(powersoftau(place, "new", "bn128", "2", place / "no" / "x.ptau"), 3, "its folder is not there")


def test_other_curves_and_powers_are_wrong_usage(place):
    refused(powersoftau(place, "new", "bls12-381", "2", place / "x.ptau"), 2, "bls12-381")
    refused(powersoftau(place, "new", "bn128", "29", place / "x.ptau"), 2, "29")


def test_the_entropy_text_is_not_in_the_file(place):
    assert b"noise" not in (place / "b.ptau").read_bytes()


def test_an_interrupted_contribution_leaves_no_file(place, monkeypatch):
    from zk.msm import pointwise

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(pointwise, "multiply", interrupted)
    before = sorted(place.iterdir())
    ran = powersoftau(place, "contribute", place / "c.ptau", place / "x.ptau")
    assert ran.code == 130 and ran.err.strip() == "interrupted"
    assert sorted(place.iterdir()) == before


@pytest.mark.parametrize("step, more", [("contribute", ()), ("beacon", ("01", "10"))])
def test_a_contribution_to_a_device_is_refused_because_it_must_be_read_back(place, step, more):
    refused(powersoftau(place, step, place / "c.ptau", "/dev/null", *more), 3, "/dev/null is not a regular file")


def test_a_contribution_to_full_powers_is_refused_at_once(place, monkeypatch):
    monkeypatch.setattr(ptaucontributions, "MAX_CONTRIBUTIONS", 2)
    monkeypatch.setattr(warmup, "compile_ceremony_kernels", lambda: pytest.fail("kernels were compiled first"))
    ran = powersoftau(place, "contribute", place / "c.ptau", place / "x.ptau")
    refused(ran, 3, "c.ptau: the contributions: there are 2 already, the limit")
    assert not (place / "x.ptau").exists()


def test_a_file_size_limit_is_reported_with_the_name_of_the_file(place):
    """RLIMIT_FSIZE fails like a full disk, in the middle of writing."""
    before = sorted(place.iterdir())
    code = (
        "import resource, sys; from prover.cli import main; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096));"
        "sys.argv[0] = 'zksettle'; main.run()"
    )
    output = place / "x.ptau"
    words = ["--home", place / "home", "powersoftau", "new", "bn128", "8", output]
    ran = subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, cwd=ROOT)
    assert ran.returncode != 0 and str(output) in ran.stderr and "File too large" in ran.stderr, ran
    assert "internal error" not in ran.stderr and "Traceback" not in ran.stderr
    assert sorted(place.iterdir()) == before
