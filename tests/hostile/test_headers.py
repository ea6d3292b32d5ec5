"""Headers are read without the bulk: files of gigabytes, nearly all of it holes, cost a reader next to nothing.

The .zkey file has 2^22 wires and constraints: 1.6 GB, of which a few kilobytes are on disk.  The .wtns file has 2^24
wires, 512 MB.  All their points and values are zero.
"""

import io
import struct
import tracemalloc
from pathlib import Path

import pytest

from tests.patience import cheaply
from tests.zk.ceremony import test_phase2
from tests.zk.formats import iden3, test_zkeyfile
from zk.errors import FormatError
from zk.fields.prime import R
from zk.formats import wtns, zkey, zkeyfile, zkeyheader

LOG_WIRES, LOG_WITNESS = 22, 24
MAX_READ, MAX_BYTES, MAX_S = 1 << 14, 1 << 20, 1.0


class Counting(io.FileIO):
    """A file that counts the bytes that are read from it."""

    count = 0

    def readinto(self, buffer) -> int:
        self.count += (size := super().readinto(buffer))
        return size


def with_holes(path: Path, magic: bytes, version: int, parts: list[tuple[int, int, bytes]]) -> Path:
    """A file of sections (number, length, first bytes); the rest of each is a hole."""
    with path.open("wb") as file:
        file.write(magic + struct.pack("<II", version, len(parts)))
        for number, length, data in parts:
            file.write(struct.pack("<IQ", number, length) + data)
            file.seek(length - len(data), io.SEEK_CUR)
        file.truncate()
    assert path.stat().st_blocks * 512 < 1 << 20 < path.stat().st_size
    return path


def zkey_with_holes(path: Path, wires: int, public: int, domain: int, terms: int = 0) -> Path:
    """A key after one contribution with these numbers and nothing but holes for terms and points of wires."""
    sections, counts = test_zkeyfile.sections(test_zkeyfile.written(test_phase2.keys()[1])), 4 + 32 + 4 + 32
    header = sections[2][:counts] + iden3.u32(wires, public, domain) + sections[2][counts + 12 :]
    parts = [(1, 4, sections[1]), (2, len(header), header), (3, 64 * (public + 1), sections[3])]
    parts += [(4, 4 + 44 * terms, iden3.u32(terms)), (5, 64 * wires, b""), (6, 64 * wires, b""), (7, 128 * wires, b"")]
    parts += [(8, 64 * (wires - public - 1), b""), (9, 64 * domain, b""), (10, len(sections[10]), sections[10])]
    return with_holes(path, b"zkey", 1, parts)


@pytest.fixture(scope="module")
def big_zkey(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("zkey") / "big.zkey"
    return zkey_with_holes(path, 1 << LOG_WIRES, test_phase2.keys()[1].header.num_public, 1 << LOG_WIRES)


@pytest.fixture(scope="module")
def big_wtns(tmp_path_factory) -> Path:
    header = iden3.u32(32) + iden3.field(R) + iden3.u32(1 << LOG_WITNESS)
    parts = [(1, len(header), header), (2, 32 << LOG_WITNESS, iden3.field(1))]
    return with_holes(tmp_path_factory.mktemp("wtns") / "big.wtns", b"wtns", 2, parts)


def read_cheaply(read, path: Path):
    """The result of reading a file, which must take few of its bytes, little memory and little time."""

    def counted():
        with Counting(path) as raw:
            return read(io.BufferedReader(raw, 512)), raw.count

    tracemalloc.start()
    result, count = cheaply(counted, MAX_S)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count < MAX_READ and peak < MAX_BYTES, (count, peak)
    return result


def test_the_header_of_a_key_is_read_without_its_points(big_zkey):
    header, _ = read_cheaply(zkeyheader.split, big_zkey)
    assert (header.num_wires, header.log_size) == (1 << LOG_WIRES, LOG_WIRES)


LIMITS = {"wires": 1 << 24, "public": 1 << 16, "domain": 1 << 22, "terms": 1 << 26}


def test_a_key_at_every_limit_is_read(tmp_path):
    header, _ = read_cheaply(zkeyheader.split, zkey_with_holes(tmp_path / "key", **LIMITS))
    assert (header.num_wires, header.num_public, header.log_size) == (1 << 24, 1 << 16, 22)


@pytest.mark.parametrize("name, value, why", [
    ("wires", (1 << 24) + 1, "16777217 wires and 65536 public inputs, which is out of range"),
    ("public", (1 << 16) + 1, "16777216 wires and 65537 public inputs, which is out of range"),
    ("domain", 1 << 23, "a domain of 8388608, not a power of two up to 2\\^22"),
    ("terms", (1 << 26) + 1, "are 67108865, and 67108864 is the limit"),
])  # fmt: skip
def test_a_key_beyond_a_limit_is_refused_cheaply(tmp_path, name, value, why):
    path = zkey_with_holes(tmp_path / "key", **LIMITS | {name: value})
    with pytest.raises(FormatError, match=why):
        read_cheaply(zkeyheader.split, path)


def test_the_fixed_points_of_a_key_are_read_without_those_of_wires(big_zkey):
    key = test_phase2.keys()[1]
    verifying, beta_g1, delta_g1 = read_cheaply(zkeyheader.read_fixed, big_zkey)
    assert (verifying.num_public, beta_g1, delta_g1) == (2, key.header.beta_g1, key.header.delta_g1)


def test_the_contributions_to_a_key_are_read_without_its_points(big_zkey):
    summary = read_cheaply(zkeyfile.read_summary, big_zkey)
    assert summary.ceremony == test_phase2.keys()[1].ceremony and summary.header.num_wires == 1 << LOG_WIRES


def test_the_memory_that_a_key_takes_is_estimated_from_its_header(big_zkey):
    assert 5 * big_zkey.stat().st_size < read_cheaply(zkey.memory_bytes, big_zkey) < 7 * big_zkey.stat().st_size


def test_the_number_of_wires_of_a_witness_is_read_without_its_values(big_wtns):
    assert read_cheaply(wtns.read_num_wires, big_wtns) == 1 << LOG_WITNESS
