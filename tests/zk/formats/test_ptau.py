"""The bytes of .ptau files: lengths, counts, contributions and who they are attributed to."""

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
from zk.ceremony import powers
from zk.curves import g1
from zk.errors import FormatError
from zk.fields.prime import P, R
from zk.formats import attribution, ptau, ptaucontributions
from zk.formats.attribution import Attribution, Beacon


def header(power: int, ceremony_power: int, modulus: int = P) -> Sections:
    return {1: iden3.u32(32) + iden3.field(modulus) + iden3.u32(power, ceremony_power)}


MALFORMED = [
    (header(POWER, POWER - 1), "the powers 3 and 2, which is out of range"),
    (header(0, POWER), "the powers 0 and 3, which is out of range"),
    (header(29, 29), "the powers 29 and 29, which is out of range"),
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


@pytest.mark.parametrize("changed, sentence", MALFORMED)
def test_a_file_whose_sections_do_not_fit_is_refused(changed, sentence):
    with pytest.raises(FormatError, match=sentence):
        decoded(sections() | changed)


@pytest.mark.parametrize("name", ptau.PARTS)
def test_a_part_of_another_length_is_refused(name):
    number = ptau.PARTS[name].number
    for data in (sections()[number] + bytes(8), sections()[number][:-8]):
        with pytest.raises(FormatError, match=f"{name} has {len(data)} bytes instead of"):
            decoded(sections() | {number: data})


def record(found: bytes) -> bytes:
    """One contribution that ends in these bytes."""
    first = contributions()[0]
    return ptaucontributions.encode(replace(first, attribution=Attribution()))[:-8] + found


def told(kind: int, parameters: bytes, length: int | None = None) -> bytes:
    return iden3.u32(kind, len(parameters) if length is None else length) + parameters


BAD_RECORDS = [
    (iden3.u32(0) + b"x", "the contributions go on after the last one"),
    (lambda: iden3.u32(1) + record(told(0, b"")) + b"x", "the contributions go on after the last one"),
    (b"\1\0\0", "are cut short"),
    (iden3.u32(1), "end before the 1 do"),
    (iden3.u32(4097), "are 4097, and 4096 is the limit"),
    (iden3.u32(2**32 - 1), "is the limit"),
    (lambda: iden3.u32(1) + record(b"")[:-1], "contribution 1 is cut short"),
    (lambda: iden3.u32(1) + record(b"\0\0\0"), "contribution 1 is cut short"),
    (lambda: iden3.u32(1) + record(told(2, b"")), "contribution 1 has the kind 2"),
    (lambda: iden3.u32(1) + record(told(0, b"", 1)), "contribution 1 is cut short"),
    (lambda: iden3.u32(1) + record(told(0, b"\1\3ab")), "a parameter that is empty or cut short"),
    (lambda: iden3.u32(1) + record(told(0, b"\1\0")), "a parameter that is empty or cut short"),
    (lambda: iden3.u32(1) + record(told(0, b"\1")), "a parameter that is empty or cut short"),
    (lambda: iden3.u32(1) + record(told(0, b"\4\1a")), "the parameter 4 where the format has none"),
    (lambda: iden3.u32(1) + record(told(0, b"\1\1a\1\1b")), "the parameter 1 where the format has none"),
    (lambda: iden3.u32(1) + record(told(1, b"\3\1a\2\12")), "the parameter 2 where the format has none"),
    (lambda: iden3.u32(1) + record(told(0, b"\1\1\xff")), "has a name that is not UTF-8"),
    (lambda: iden3.u32(1) + record(told(0, b"\2\12\3\1a")), "exactly the parameters of its kind"),
    (lambda: iden3.u32(1) + record(told(0, b"\2\12")), "exactly the parameters of its kind"),
    (lambda: iden3.u32(1) + record(told(0, b"\3\1a")), "exactly the parameters of its kind"),
    (lambda: iden3.u32(1) + record(told(1, b"\2\12")), "exactly the parameters of its kind"),
    (lambda: iden3.u32(1) + record(told(1, b"\3\1a")), "exactly the parameters of its kind"),
    (lambda: iden3.u32(1) + record(told(1, b"\2\11\3\1a")), r"the beacon has 2\^9 iterations"),
    (lambda: iden3.u32(1) + record(told(1, b"\2\100\3\1a")), r"the beacon has 2\^64 iterations"),
]


@pytest.mark.parametrize("data, sentence", BAD_RECORDS, ids=lambda value: value if isinstance(value, str) else "")
def test_contributions_that_are_malformed_are_refused(data, sentence):
    data = data() if callable(data) else data
    with pytest.raises(FormatError, match=sentence):
        ptaucontributions.decode(decoded(sections() | {CONTRIBUTIONS: data}).contributions)


def test_a_state_that_is_no_hash_s_is_refused():
    found = contributions()
    found[1] = replace(found[1], state=found[1].state[:-1] + b"\1")
    refused(with_contributions(found), FormatError, "contribution 2: the hash is not a state of Blake2b")


def test_no_contribution_is_added_to_the_most_there_may_be(monkeypatch):
    monkeypatch.setattr(ptaucontributions, "MAX_CONTRIBUTIONS", 2)
    with pytest.raises(FormatError, match="are 3, and 2 is the limit"):
        written(powers.contribute, decoded(sections()))


def test_attributions_are_written_and_read_back():
    for found in (Attribution(), Attribution("a" * 64), Attribution("\U0001f512" * 32, Beacon(b"x" * 255, 63))):
        data = memoryview(attribution.encode(found) + b"more")
        assert attribution.decode(data, "x") == (found, len(data) - 4)


def test_a_file_that_became_shorter_is_refused(tmp_path):
    path = tmp_path / "powers.ptau"
    path.write_bytes(iden3.container(b"ptau", 1, sections()))
    with pytest.raises(FormatError, match="powers.ptau changed while it was read"), ptau.opened(path) as found:
        assert np.array_equal(found.tau_g1[1:2], g1.encode([contributions()[1].points.tau_g1]))
        path.write_bytes(path.read_bytes()[:2000])
        with pytest.raises(FormatError, match="lagrange_beta_g1 became shorter while it was read"):
            found.lagrange_beta_g1[:]
    with pytest.raises(FormatError, match="powers.ptau ends before"), ptau.opened(path):
        pass
