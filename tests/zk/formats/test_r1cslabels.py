import struct

import pytest

from tests import shared
from tests.zk.fields import cubic
from tests.zk.formats import iden3
from zk.errors import FormatError
from zk.formats import r1csfile, r1cslabels

SECTIONS = iden3.r1cs_sections(cubic.system())
WIRES = cubic.system().num_wires


def file(labels: list[int]) -> bytes:
    return iden3.container(b"r1cs", 1, SECTIONS | {3: struct.pack(f"<{len(labels)}Q", *labels)})


def test_the_labels_are_those_of_the_file():
    labels = [0, *reversed(range(1, WIRES))]
    assert r1cslabels.decode(file(labels)).tolist() == labels


def test_the_labels_of_circom_before_2_which_has_one_less_are_not_used():
    assert r1cslabels.decode(file(list(range(WIRES - 1)))) is None


LIES = {
    "two less": (file(list(range(WIRES - 2))), "the labels has 40 bytes instead of 56"),
    "one more": (file(list(range(WIRES + 1))), "the labels has 64 bytes instead of 56"),
    "a signal beyond the last": (file([*range(WIRES - 1), WIRES]), "the labels name a signal that does not exist"),
    "a signal far beyond": (file([*range(WIRES - 1), 2**64 - 1]), "the labels name a signal that does not exist"),
    "another signal for the one": (file([1, 0, *range(2, WIRES)]), "the labels name a signal that does not exist"),
    "a signal twice": (file([*range(WIRES - 1), 1]), "the labels name a signal twice"),
    "none": (iden3.container(b"r1cs", 1, {n: SECTIONS[n] for n in (1, 2)}), "lacks the labels"),
}


@pytest.mark.parametrize("name", LIES)
def test_labels_with_one_lie_in_them_are_refused(name):
    data, why = LIES[name]
    with pytest.raises(FormatError, match=why):
        r1cslabels.decode(data)


def test_the_labels_of_a_circuit_of_circom_2_rise():
    data = (shared.folder("vectors/circom-compat") / "circuit2.r1cs").read_bytes()
    header, _ = r1csfile.split(data)
    labels = r1cslabels.decode(data).tolist()
    assert labels == sorted(labels) and labels[:4] == [0, 1, 2, 3] and max(labels) < header.num_labels == 136
