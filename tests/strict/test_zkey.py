"""The same lies in a .zkey file, whose points are Montgomery words; and points are made in checked places only."""

import re
from pathlib import Path

import pytest

from tests.reference.bn254 import P
from tests.strict import lies
from tests.strict.lies import MOST, PointLie
from tests.zk.fields import cubic
from tests.zk.formats import iden3
from zk.errors import FormatError
from zk.fields.prime import MONTGOMERY
from zk.formats import zkeyheader
from zk.groth16 import generator

ROOT = Path(__file__).parents[2]
BEFORE_POINTS = 4 + 32 + 4 + 32 + 3 * 4  # bytes of the header
HEADER, IC = 2, 3


@pytest.fixture(scope="module")
def key():
    return generator.generate(cubic.system())


def words(lie: PointLie) -> bytes:
    """The coordinates times 2^256 modulo p, plus p for coordinates that are not reduced."""
    raw = [c if c == MOST else c % P * MONTGOMERY % P + (P if c >= P else 0) for c in lie.coordinates]
    return b"".join(c.to_bytes(32, "little") for c in raw)


def test_the_honest_file_is_read(key):
    found, beta, delta = zkeyheader.read_fixed(iden3.zkey(key))
    assert (found, beta, delta) == (key.verifying, key.beta_g1, key.delta_g1)


def all_lies(key) -> list[tuple[int, int, str, PointLie]]:
    """Every lie with its section, its position there, and the name of the point."""
    vk, position, rows = key.verifying, BEFORE_POINTS, []
    named = [("alpha", vk.alpha_g1), ("beta", key.beta_g1), ("beta", vk.beta_g2), ("gamma", vk.gamma_g2),
             ("delta", key.delta_g1), ("delta", vk.delta_g2)]  # fmt: skip
    for name, point in named:
        rows += [(HEADER, position, f"the header: {name}", lie) for lie in lies.of(point)]
        position += 32 * len(lies.flat(point))
    return rows + [(IC, 64 * i, f"ic {i}", lie) for i, point in enumerate(vk.ic) for lie in lies.of(point)]


def test_a_lie_about_a_point_of_the_header_or_of_ic_is_refused(key):
    sections = iden3.zkey_sections(key)
    rows = all_lies(key)
    assert len(rows) > 60
    for section, position, name, lie in rows:
        lying = bytearray(sections[section])
        lying[position : position + len(words(lie))] = words(lie)
        with pytest.raises(FormatError, match=f"the key: ({name}|ic).*{lie.said}"):
            zkeyheader.read_fixed(iden3.container(b"zkey", 1, sections | {section: bytes(lying)}))


def test_points_are_made_only_by_checks_kernels_and_the_ceremonys_draws():
    files = (path for package in ("zk", "circuits", "settlement", "prover") for path in (ROOT / package).rglob("*.py"))
    makers = {str(path.relative_to(ROOT)) for path in files if re.search(r"\bG[12]Point\(", path.read_text("utf-8"))}
    checked, answered, drawn = "zk/curves/bn254.py", {"zk/curves/g1.py", "zk/curves/g2.py"}, "zk/ceremony/chacha.py"
    in_lanes = "zk/groth16/keys.py"  # read_proof_unchecked, of bytes that zk.groth16.manyproofs accepts
    assert makers == {checked, *answered, drawn, in_lanes}
