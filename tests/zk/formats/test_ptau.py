"""The bytes of .ptau files: lengths, counts, contributions and attributions."""

from dataclasses import replace

import numpy as np
import pytest

from tests.zk.ceremony.test_powers_of_tau_lies import (  # fmt: skip
    CONTRIBUTIONS,
    POWER,
    Sections,
    contributions,
    decoded,
    refused,
    sections,
    with_contributions,
    written,
)
from tests.zk.formats import iden3
from zk.ceremony import phase1
from zk.curves import g1
from zk.errors import FormatError
from zk.fields.prime import P, R
from zk.formats import attribution, ptau, ptaucontributions
from zk.formats.attribution import Attribution, Beacon


def header(power: int, ceremony_power: int, modulus: int = P) -> Sections:
    return {1: iden3.u32(32) + iden3.field(modulus) + iden3.u32(power, ceremony_power)}


MALFORMED = [
    (header(POWER, POWER - 1), "the powers 3 and 2, which are out of range"),
    (header(0, POWER), "the powers 0 and 3, which are out of range"),
    (header(29, 29), "the powers 29 and 29, which are out of range"),
    (header(2**32 - 1, 2**32 - 1), "out of range"),
    (header(28, 28), "tau_g1 has 960 bytes instead of 34359738304"),
    (header(POWER, POWER, R), "for a field that is not BN254's"),
    ({1: bytes(45)}, "the header has 45 bytes instead of 44"),
    *(({part.number: None}, f"lacks {name}") for name, part in ptau.PARTS.items()),
    ({CONTRIBUTIONS: None}, "lacks the contributions"),
    ({part.number: None for name, part in ptau.PARTS.items() if name in ptau.LAGRANGE[1:]}, "lacks lagrange_tau_g2"),
    ({16: b""}, "has a section 16, which the format does not know"),
    ({8: b""}, "has a section 8, which the format does not know"),
]


@pytest.mark.parametrize("changed, message", MALFORMED)
def test_a_file_with_malformed_sections_is_refused(changed, message):
    with pytest.raises(FormatError, match=message):
        decoded(sections() | changed)


@pytest.mark.parametrize("name", ptau.PARTS)
def test_a_part_of_the_wrong_length_is_refused(name):
    number = ptau.PARTS[name].number
    for data in (sections()[number] + bytes(8), sections()[number][:-8]):
        with pytest.raises(FormatError, match=f"{name} has {len(data)} bytes instead of"):
            decoded(sections() | {number: data})


def record(end: bytes) -> bytes:
    """One contribution that ends with these bytes."""
    first = contributions()[0]
    return ptaucontributions.encode(replace(first, attribution=Attribution()))[:-8] + end


def encoded(kind: int, parameters: bytes, length: int | None = None) -> bytes:
    return iden3.u32(kind, len(parameters) if length is None else length) + parameters


BAD_RECORDS = [
    (iden3.u32(0) + b"x", "the contributions have extra bytes after the last one"),
    (lambda: iden3.u32(1) + record(encoded(0, b"")) + b"x", "the contributions have extra bytes after the last one"),
    (b"\1\0\0", "are cut short"),
    (iden3.u32(1), "cut short: 1 do not fit"),
    (iden3.u32(4097), "there are 4097, and the limit is 4096"),
    (iden3.u32(2**32 - 1), "the limit is"),
    (lambda: iden3.u32(1) + record(b"")[:-1], "contribution 1 is cut short"),
    (lambda: iden3.u32(1) + record(b"\0\0\0"), "contribution 1 is cut short"),
    (lambda: iden3.u32(1) + record(encoded(2, b"")), "contribution 1 has the unknown kind 2"),
    (lambda: iden3.u32(1) + record(encoded(0, b"", 1)), "contribution 1 is cut short"),
    (lambda: iden3.u32(1) + record(encoded(0, b"\1\3ab")), "a parameter that is empty or cut short"),
    (lambda: iden3.u32(1) + record(encoded(0, b"\1\0")), "a parameter that is empty or cut short"),
    (lambda: iden3.u32(1) + record(encoded(0, b"\1")), "a parameter that is empty or cut short"),
    (lambda: iden3.u32(1) + record(encoded(0, b"\4\1a")), "the parameter 4, which is unknown or out of order"),
    (lambda: iden3.u32(1) + record(encoded(0, b"\1\1a\1\1b")), "the parameter 1, which is unknown or out of order"),
    (lambda: iden3.u32(1) + record(encoded(1, b"\3\1a\2\12")), "the parameter 2, which is unknown or out of order"),
    (lambda: iden3.u32(1) + record(encoded(0, b"\1\1\xff")), "has a name that is not UTF-8"),
    (lambda: iden3.u32(1) + record(encoded(0, b"\2\12\3\1a")), "exactly the parameters of its kind"),
    (lambda: iden3.u32(1) + record(encoded(0, b"\2\12")), "exactly the parameters of its kind"),
    (lambda: iden3.u32(1) + record(encoded(0, b"\3\1a")), "exactly the parameters of its kind"),
    (lambda: iden3.u32(1) + record(encoded(1, b"\2\12")), "exactly the parameters of its kind"),
    (lambda: iden3.u32(1) + record(encoded(1, b"\3\1a")), "exactly the parameters of its kind"),
    (lambda: iden3.u32(1) + record(encoded(1, b"\2\11\3\1a")), r"the beacon has 2\^9 iterations"),
    (lambda: iden3.u32(1) + record(encoded(1, b"\2\100\3\1a")), r"the beacon has 2\^64 iterations"),
]


@pytest.mark.parametrize("data, message", BAD_RECORDS, ids=lambda value: value if isinstance(value, str) else "")
def test_malformed_contributions_are_refused(data, message):
    data = data() if callable(data) else data
    with pytest.raises(FormatError, match=message):
        ptaucontributions.decode(decoded(sections() | {CONTRIBUTIONS: data}).contributions)


def test_a_malformed_hash_state_is_refused():
    chain = contributions()
    chain[1] = replace(chain[1], state=chain[1].state[:-1] + b"\1")
    refused(with_contributions(chain), FormatError, "contribution 2: the hash is not a state of Blake2b")


def test_a_contribution_beyond_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(ptaucontributions, "MAX_CONTRIBUTIONS", 2)
    with pytest.raises(FormatError, match="there are 2 already, the limit"):
        written(phase1.contribute, decoded(sections()))


def test_attributions_are_written_and_read_back():
    for expected in (Attribution(), Attribution("a" * 64), Attribution("\U0001f512" * 32, Beacon(b"x" * 255, 63))):
        data = memoryview(attribution.encode(expected) + b"more")
        assert attribution.decode(data, "x") == (expected, len(data) - 4)


def test_a_file_that_shrinks_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "powers.ptau"
    path.write_bytes(iden3.container(b"ptau", 1, sections()))
    with pytest.raises(FormatError, match="powers.ptau changed while it was read"), ptau.opened(path) as powers:
        assert np.array_equal(powers.tau_g1[1:2], g1.encode([contributions()[1].points.tau_g1]))
        path.write_bytes(path.read_bytes()[:2000])
        with pytest.raises(FormatError, match="lagrange_beta_g1 became shorter while it was read"):
            powers.lagrange_beta_g1[:]
    with pytest.raises(FormatError, match="powers.ptau ends before"), ptau.opened(path):
        pass
