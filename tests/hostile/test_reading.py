"""Things that are not files, files larger than their contents say, and files that change while they are read."""

import io
import os
import struct
import time
import tracemalloc

import pytest

from tests.hostile import goods
from tests.hostile.goods import FIELD_BYTES, FORMATS, R
from tests.patience import cheaply
from zk.errors import FormatError
from zk.formats import openfile, symfile

HUGE = 8 << 30  # apparent bytes of a file of holes
MOST_S, MOST_BYTES = 1.0, 1 << 20
TABLE_READ = 12  # bytes that are read at a time from the table of sections, at most


@pytest.fixture(scope="module", autouse=True)
def _everything_is_imported():
    """So that the memory of imports is not counted."""
    for kind in FORMATS.values():
        assert goods.refusal(kind, kind.good()) is None


def consume(name: str, path) -> None:
    with openfile.opened(path) as file:
        FORMATS[name].consume(file)


def refused_cheaply(name: str, path) -> str:
    """The sentence of the refusal, which must take less than a second and a megabyte."""

    def refused() -> str:
        with pytest.raises(FormatError) as caught:
            consume(name, path)
        return str(caught.value)

    tracemalloc.start()
    sentence = cheaply(refused, MOST_S)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MOST_BYTES, (peak, sentence)
    return sentence


def sparse(path, data: bytes):
    """A file of 8 GB that begins with this data; the rest are holes, which take no disk space and read as zeros."""
    path.write_bytes(data)
    os.truncate(path, HUGE)
    return path


def with_hole(name: str, place: int) -> bytes:
    """The beginning of a good file in which the section at this place is last and fills the file of holes."""
    kind = FORMATS[name]
    sections = goods.parts(kind.good())
    sections = [*sections[:place], *sections[place + 1 :], sections[place]]
    data = goods.joined(kind.magic, kind.version, sections)
    begin = len(data) - len(sections[-1][1])
    return data[: begin - 8] + struct.pack("<Q", HUGE - begin) + data[begin:]


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_of_holes_costs_nothing(name, tmp_path):
    assert "is not a" in refused_cheaply(name, sparse(tmp_path / "zeros", b""))
    assert "goes on after" in refused_cheaply(name, sparse(tmp_path / "behind", FORMATS[name].good()))


@pytest.mark.parametrize("name", FORMATS)
def test_a_section_of_holes_costs_nothing(name, tmp_path):
    for place in range(len(goods.parts(FORMATS[name].good()))):
        refused_cheaply(name, sparse(tmp_path / "hole", with_hole(name, place)))


def test_numbers_that_agree_with_a_huge_file_are_beyond_the_limits(tmp_path):
    """The header states as many wires, constraints or terms as the holes have room for."""
    wires = (HUGE - 76) // FIELD_BYTES
    head = b"wtns" + struct.pack("<IIIQI", 2, 2, 1, 40, 32) + R.to_bytes(32, "little")
    head += struct.pack("<IIQ", wires, 2, wires * FIELD_BYTES)
    path = sparse(tmp_path / "wtns", head)
    os.truncate(path, len(head) + wires * FIELD_BYTES)
    assert "16777216 is the limit" in refused_cheaply("wtns", path)
    sections = goods.parts(FORMATS["r1cs"].good())
    for constraints, why in ((1 << 23, "4194304 is the limit"), (4, "more than 67108864 terms")):
        header = sections[0][1][:60] + struct.pack("<I", constraints)
        data = goods.joined(b"r1cs", 1, [(1, header), sections[2], (2, b"")])
        path = sparse(tmp_path / "r1cs", data[:-8] + struct.pack("<Q", HUGE - len(data)))
        assert why in refused_cheaply("r1cs", path)


@pytest.mark.parametrize("name", FORMATS)
def test_pipes_folders_and_devices_are_refused_without_waiting(name, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, "/dev/zero", "/dev/null"):
        assert "is not a file" in refused_cheaply(name, path)
    assert "No such file" in refused_cheaply(name, tmp_path / "missing")


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_changes_while_it_is_read_is_refused(name, tmp_path):
    good, path = FORMATS[name].good(), tmp_path / "file"

    def reading(change) -> str:
        path.write_bytes(good)
        time.sleep(0.02)  # so that the time stamp of the file can change
        with pytest.raises(FormatError) as caught, openfile.opened(path) as file:
            file.read(1)
            change()
            FORMATS[name].consume(file)
        return str(caught.value)

    def written(data: bytes, at: int) -> None:
        with path.open("r+b") as file:
            file.seek(at)
            file.write(data)

    assert "changed while" in reading(lambda: os.utime(path, ns=(0, 0)))
    assert "changed while" in reading(lambda: written(good[-1:], len(good) - 1))
    reading(lambda: os.truncate(path, len(good) - 1))
    reading(lambda: written(b"\0", len(good)))
    reading(lambda: os.truncate(path, 0))


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_becomes_shorter_between_its_table_and_its_bulk_is_refused(name, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(FORMATS[name].good())

    class Shrinking(io.BufferedIOBase):
        """A file that loses its second half when the first section is read."""

        def __init__(self, file: io.FileIO):
            self.file = file

        def seek(self, offset: int, whence: int = 0) -> int:
            return self.file.seek(offset, whence)

        def readinto(self, buffer) -> int:
            if len(buffer) > TABLE_READ:
                os.truncate(path, len(FORMATS[name].good()) // 2)
            return self.file.readinto(buffer)

    why = "became shorter while|ends before|cut short"
    with pytest.raises(FormatError, match=why), io.FileIO(path) as file:
        FORMATS[name].consume(Shrinking(file))


SYMBOLS = {
    "a line of a megabyte": b"1,1,0," + b"m" * (1 << 20),
    "a wire of a megabyte": b"1," + b"9" * (1 << 20) + b",0,main.x",
    "empty lines": b"\n" * (1 << 22),
    "no line": b"\0" * (1 << 22),
    "the first line again and again": b"1,1,0,main.x\n" * (1 << 18),
}


@pytest.mark.parametrize("name", SYMBOLS)
def test_symbols_are_refused_at_their_first_bad_line(name, tmp_path):
    path = tmp_path / "circuit.sym"
    path.write_bytes(SYMBOLS[name])

    def refused() -> None:
        with pytest.raises(FormatError, match="line [12] is not"), openfile.opened(path) as file:
            symfile.decode(file)

    tracemalloc.start()
    cheaply(refused, MOST_S)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MOST_BYTES
    sparse(path, b"")
    with pytest.raises(FormatError, match="line 1 is not"), openfile.opened(path) as file:
        symfile.decode(file)
