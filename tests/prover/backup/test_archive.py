"""A backup's container has one spelling; every byte of it counts, and nothing in it can leave its folder."""

import hashlib
import io
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from prover.backup import archive
from prover.backup.archive import Archive, File, LedgerState, Manifest
from zk.errors import FormatError

CONTENTS = {
    "pool/ledger.sqlite": b"a ledger" * 200,
    "wallets/alice.json": b"a wallet",
    "keys/leg-00ff/proving-a_starts.npy": b"",
    "custodian.json": bytes(512),
}
STATE = LedgerState("00" * 32, 7, "ab" * 32)


def made(contents: dict[str, bytes] = CONTENTS, **changes) -> bytes:
    sources = [io.BytesIO(content) for content in contents.values()]
    files = tuple(archive.measure(name, source) for name, source in zip(contents, sources, strict=True))
    manifest = replace(Manifest(archive.FORMAT, archive.VERSION, 1_800_000_000_000, STATE, files), **changes)
    output = io.BytesIO()
    archive.write(output, manifest, sources)
    return output.getvalue()


def unpacked(data: bytes) -> dict[str, bytes]:
    """Everything in the archive.  Raises FormatError as its reader does."""
    opened, contents = Archive(io.BytesIO(data)), {}
    for index, file in enumerate(opened.manifest.files):
        output = io.BytesIO()
        opened.unpack(index, output)
        contents[file.name] = output.getvalue()
    return contents


def refused(data: bytes, words: str) -> None:
    with pytest.raises(FormatError, match=words) as caught:
        unpacked(data)
    assert "\n" not in str(caught.value)


def test_what_was_written_is_read_back():
    assert unpacked(made()) == CONTENTS
    assert Archive(io.BytesIO(made())).manifest.ledger == STATE


def test_any_program_unpacks_it(tmp_path):
    (tmp_path / "backup").write_bytes(made())
    with tarfile.open(tmp_path / "backup") as tar:
        assert tar.getnames() == ["manifest.json", *CONTENTS, "manifest.sha256"]
        assert tar.extractfile("wallets/alice.json").read() == b"a wallet"
        assert all(member.isreg() and member.mode == 0o600 for member in tar.getmembers())


def test_no_byte_can_be_changed():
    data = made()
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        with pytest.raises(FormatError):
            unpacked(bytes(changed))


def test_nothing_can_be_cut_off_or_appended():
    data = made()
    for length in range(len(data)):
        with pytest.raises(FormatError):
            unpacked(data[:length])
    for more in (b"\0", bytes(512), bytes(1024), data):
        refused(data + more, "something was appended")


def hostile(name: str, content: bytes = b"x", **fields) -> bytes:
    """An archive of another program with one more file before the seal."""
    output = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(made())) as old, \
            tarfile.open(fileobj=output, mode="w", format=tarfile.USTAR_FORMAT) as new:
        for member in old.getmembers():
            if member.name == archive.SEAL:
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(content), 0o600
                for field, value in fields.items():
                    setattr(entry, field, value)
                new.addfile(entry, io.BytesIO(content))
            new.addfile(member, old.extractfile(member))
    ends = output.getvalue().rstrip(b"\0")
    return ends + bytes(-len(ends) % 512 + 1024)


@pytest.mark.parametrize("name", [
    "../evil", "pool/../../evil", "/etc/passwd", "pool/..", "pool//x", "pool/x/y", "wallets/.hidden", "evil", "pool",
    "keys/leg/../../x", "pool/ledger.sqlite-wal", "home.lock", "wallets/alice.json.lock", "pool\\x", "./pool/x",
    "pool/x\n", "wallets/Alice.json", "keys/x", "service/socket",
])  # fmt: skip
def test_a_name_that_no_backup_has_is_refused(name):
    refused(hostile(name), "which belongs to no home")


def test_what_is_not_a_plain_private_file_is_refused():
    for fields in ({"type": tarfile.SYMTYPE, "linkname": "/etc/passwd", "size": 0},
                   {"type": tarfile.LNKTYPE, "linkname": "pool/ledger.sqlite", "size": 0},
                   {"type": tarfile.CONTTYPE}, {"type": tarfile.FIFOTYPE, "size": 0},
                   {"type": tarfile.CHRTYPE, "size": 0}, {"mode": 0o777}, {"mtime": 1}, {"uid": 1000},
                   {"uname": "root"}):  # fmt: skip
        refused(hostile("pool/x", b"" if fields.get("size") == 0 else b"x", **fields), "is not one of a private file")


def test_a_file_that_the_manifest_does_not_list_is_refused():
    refused(hostile("pool/x"), "its files are not those of its manifest")


def test_a_file_twice_is_refused():
    sources = [io.BytesIO(b"1"), io.BytesIO(b"1")]
    twice = (archive.measure("pool/x", sources[0]),) * 2
    output = io.BytesIO()
    archive.write(output, Manifest(archive.FORMAT, archive.VERSION, 0, None, twice), sources)
    refused(output.getvalue(), "two files of one name")


@pytest.mark.parametrize("name", [archive.MANIFEST, archive.SEAL])
def test_a_second_manifest_that_the_first_one_lists_is_refused(name):
    listed = File(name, 1, hashlib.sha256(b"1").hexdigest())
    output = io.BytesIO()
    archive.write(output, Manifest(archive.FORMAT, archive.VERSION, 0, None, (listed,)), [io.BytesIO(b"1")])
    refused(output.getvalue(), "which belongs to no home")


def test_a_size_beyond_the_file_is_refused():
    """A bomb would have to be as large as what it unpacks to: the archive is not compressed."""
    data = bytearray(made({"pool/x": b"content"}))
    place = data.index(b"pool/x\0")
    data[place : place + 512] = archive._header("pool/x", archive.MAX_FILE_BYTES)
    refused(bytes(data), "cut off in pool/x")


def test_too_many_files_and_too_large_a_manifest_are_refused(monkeypatch):
    data = made()
    monkeypatch.setattr(archive, "MAX_FILES", len(CONTENTS) - 1)
    refused(data, "more than 3 files")
    monkeypatch.undo()
    monkeypatch.setattr(archive, "MAX_MANIFEST_BYTES", 100)
    refused(data, "and 100 is the limit")


def test_another_content_than_the_manifests_is_refused():
    files = (File("pool/x", 1, "00" * 32),)
    output = io.BytesIO()
    archive.write(output, Manifest(archive.FORMAT, archive.VERSION, 0, None, files), [io.BytesIO(b"x")])
    refused(output.getvalue(), "pool/x has another SHA-256")


def test_a_source_that_became_shorter_is_noticed():
    files = (File("pool/x", 2, "00" * 32),)
    with pytest.raises(FormatError, match="pool/x became shorter while it was read"):
        archive.write(io.BytesIO(), Manifest(archive.FORMAT, archive.VERSION, 0, None, files), [io.BytesIO(b"x")])


def test_a_backup_of_another_version_says_so():
    refused(made(version=2), "the backup has version 2; this program knows 1")


def test_what_is_no_backup_is_called_so(tmp_path):
    (tmp_path / "a").mkdir()
    other = shutil.make_archive(str(tmp_path / "other"), "tar", tmp_path / "a")
    for data in (Path(other).read_bytes(), b"", b"x" * 512, bytes(1024), b"SQLite format 3\0" + bytes(4080)):
        refused(data, "is not a backup|is cut off|belongs to no home|does not end")
    refused(made(format="other"), "the file is not a backup of a home")
