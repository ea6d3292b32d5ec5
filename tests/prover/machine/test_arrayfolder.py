"""Arrays come back as they were saved; anything else in their place is one FormatError, and nothing is ever run."""

import io
import os
import pickle
import zipfile

import numpy as np
import pytest

from prover.machine import arrayfolder
from zk.errors import FormatError

ARRAYS = {"points": np.arange(12, dtype=np.uint64).reshape(3, 4), "empty": np.empty((0, 4), np.uint64),
          "signed": np.array([-1, 2], np.int32)}  # fmt: skip


class Payload:
    """Makes a folder named `has run` when it is unpickled."""

    def __reduce__(self):
        return os.mkdir, ("has run",)


def npy(values, allow_pickle=False) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, values, allow_pickle=allow_pickle)
    return file.getvalue()


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as members:
        members.writestr("a.npy", npy(ARRAYS["points"]))
    return file.getvalue()


def header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + bytes(64)


def test_arrays_come_back_mapped_and_can_be_changed_without_changing_the_file(tmp_path):
    arrayfolder.save(tmp_path, ARRAYS, "key-")
    arrayfolder.save(tmp_path, {"other": ARRAYS["points"]})
    loaded = arrayfolder.load(tmp_path, "key-")
    assert loaded.keys() == ARRAYS.keys()
    assert all((loaded[name] == values).all() and loaded[name].dtype == values.dtype for name, values in ARRAYS.items())
    assert isinstance(loaded["points"], np.memmap)
    loaded["points"][0, 0] = 99
    assert arrayfolder.load(tmp_path, "key-")["points"][0, 0] == 0


@pytest.mark.parametrize("content", [
    npy(np.array([Payload()], dtype=object), allow_pickle=True), pickle.dumps(Payload()), archive(), b"", b"\x93NUMPY",
    npy(ARRAYS["points"])[:-1], npy(ARRAYS["points"])[:40], npy(np.zeros(3)), npy(np.array(["text"])),
    npy(np.zeros(2, [("a", "u8"), ("b", "u8")])), npy(np.zeros(2, np.complex128)), npy(np.zeros(2, bool)),
    header("{'descr': '<u8', 'fortran_order': False, 'shape': (1 << 62,)}"),
    header("{'descr': '<u8', 'fortran_order': False, 'shape': (-1,)}"),
    header(f"{{'descr': '<u8', 'fortran_order': False, 'shape': ({10**30},)}}"),
    header("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"), header("(" * 5000), header("\0"), header("1 +"),
    header("{'descr': '<u8'}"), header("__import__('os').mkdir('has run')"),
], ids=range(21))  # fmt: skip
def test_anything_but_an_array_of_integers_is_refused_and_not_run(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "points.npy").write_bytes(content)
    with pytest.raises(FormatError, match="points.npy is damaged: it does not hold an array of integers"):
        arrayfolder.load(tmp_path)
    assert not (tmp_path / "has run").exists()


def test_a_folder_a_pipe_and_a_link_to_nowhere_are_refused(tmp_path):
    for place, make in (("a", os.mkdir), ("b", os.mkfifo), ("c", lambda path: os.symlink("nowhere", path))):
        (tmp_path / place).mkdir()
        make(tmp_path / place / "points.npy")
        with pytest.raises(FormatError, match=r"points.npy (is not a file|cannot be read)"):
            arrayfolder.load(tmp_path / place)


def test_every_damaged_byte_of_a_header_is_a_format_error_or_leaves_an_array_of_integers(tmp_path):
    whole = npy(ARRAYS["points"])
    path, refused = tmp_path / "points.npy", 0
    for place in range(len(whole) - ARRAYS["points"].nbytes):
        for mask in (0x01, 0x20, 0x80):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ mask]) + whole[place + 1:])
            try:
                assert arrayfolder.load(tmp_path)["points"].dtype.kind in "iu"
            except FormatError:
                refused += 1
    assert refused > 100
