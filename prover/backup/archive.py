"""The container of a backup: a tar archive in one spelling, so that any program unpacks it and ours reads no other.

    manifest.json         what the archive is, and the name, size and SHA-256 of every file, in their order
    …                     the files
    manifest.sha256       the SHA-256 of manifest.json, as `sha256sum -c` reads it

Every header is the one that `_header` makes from the name and the size (POSIX.1-1988 ustar): a link, a device, another
owner or another time is another spelling and is refused, and so are padding that is not zero and bytes after the end.
Nothing in the archive is unpacked that the manifest does not list, so no byte of it can change unnoticed.
"""

import hashlib
import json
import os
import re
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, BinaryIO, Final, Literal

from zk.errors import FormatError
from zk.formats import dataclassjson, strictjson

FORMAT: Final = "zksettle-home"
VERSION: Final = 1
MANIFEST, SEAL = "manifest.json", "manifest.sha256"
BLOCK = 512
CHUNK_BYTES = 1 << 20
MAX_FILES = 10_000
MAX_FILE_BYTES = (8 << 30) - 1  # what a header's eleven octal digits hold
MAX_MANIFEST_BYTES = 4 << 20
MAX_NAME = 100
_PART = "[a-z0-9][a-z0-9._-]*"
_SINGLE = (
    r"(?:carriers|custodian|governor|oracle|queues|validator)\.json|guardian-identity\.json|ceremony-key\.pem"
    r"|farm/key\.json"
)
_NAME = re.compile(rf"(?:pool|wallets|guardians|keys/{_PART})/{_PART}|{_SINGLE}", re.ASCII)
_BESIDE_LEDGER = ("-wal", "-shm", "-journal", ".lock")  # ends the names of files that a copied ledger does not have

_Digest = Annotated[str, dataclassjson.text("[0-9a-f]{64}", "64 lower-case hexadecimal digits")]
_Count = Annotated[int, dataclassjson.integer(0, (1 << 63) - 1)]


@dataclass(frozen=True)
class File:
    """A file in the archive."""

    name: str
    size: Annotated[int, dataclassjson.integer(0, MAX_FILE_BYTES)]
    sha256: _Digest


@dataclass(frozen=True)
class LedgerState:
    """The ledger in the archive: its id, and the height and digest of its newest event."""

    ledger_id: _Digest
    height: _Count
    digest: _Digest


@dataclass(frozen=True)
class Manifest:
    """What the archive is.  `ledger` is None for a home without a pool."""

    format: Literal["zksettle-home"]
    version: Literal[1]
    made_ms: _Count
    ledger: LedgerState | None
    files: tuple[File, ...]


@dataclass(frozen=True)
class _Member:
    name: str
    size: int
    offset: int


def is_part(name: str) -> bool:
    """Whether a file's own name is one that a file of a home may have."""
    return re.fullmatch(_PART, name, re.ASCII) is not None


def check_name(name: str) -> None:
    """Raises FormatError for a name that could leave the folder it is unpacked into, or that no backup has."""
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME or name.endswith(_BESIDE_LEDGER):
        raise FormatError(f"the backup has a file named {name[:MAX_NAME]!r}, which belongs to no home")


def measure(name: str, file: BinaryIO) -> File:
    """The entry of a file that is to be written under this name."""
    check_name(name)
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if size > MAX_FILE_BYTES:
        raise FormatError(f"{name} has {size} bytes, and a backup's files have at most {MAX_FILE_BYTES}")
    return File(name, size, _copy(file, None, size, name))


def write(output: BinaryIO, manifest: Manifest, sources: Sequence[BinaryIO]) -> None:
    """Writes the archive; the sources have the contents of the manifest's files, in their order."""
    head = json.dumps(dataclassjson.write(manifest), indent=1).encode() + b"\n"
    _write_member(output, MANIFEST, head)
    for file, source in zip(manifest.files, sources, strict=True):
        output.write(_header(file.name, file.size))
        source.seek(0)
        _copy(source, output, file.size, file.name)
        output.write(bytes(-file.size % BLOCK))
    _write_member(output, SEAL, _seal(head))
    output.write(bytes(2 * BLOCK))


class Archive:
    """An archive whose form and manifest are valid.  `manifest` says what is in it."""

    def __init__(self, file: BinaryIO):
        """Raises FormatError when the file is not an archive of this version, or is damaged outside its files."""
        self._file = file
        members = _members(file)
        if len(members) < 2 or members[0].name != MANIFEST or members[-1].name != SEAL:
            raise FormatError("the file is not a backup of a home")
        head = self._small(members[0], MAX_MANIFEST_BYTES)
        if self._small(members[-1], BLOCK) != _seal(head):
            raise FormatError("the backup is damaged: its manifest is not the one that was written")
        self.manifest = _manifest(head)
        self._members = members[1:-1]
        listed, found = ([(each.name, each.size) for each in group] for group in (self.manifest.files, self._members))
        if listed != found:
            raise FormatError("the backup is damaged: its files are not those of its manifest")
        for name, _ in found:
            check_name(name)
        if len({name for name, _ in listed}) < len(listed):
            raise FormatError("the backup has two files of one name")

    def unpack(self, index: int, output: BinaryIO) -> None:
        """Writes the content of the manifest's file of this index.  Raises FormatError when it is another one."""
        member, file = self._members[index], self.manifest.files[index]
        self._file.seek(member.offset)
        if _copy(self._file, output, member.size, member.name) != file.sha256:
            raise FormatError(f"the backup is damaged: {file.name} has another SHA-256 than its manifest says")

    def _small(self, member: _Member, limit: int) -> bytes:
        if member.size > limit:
            raise FormatError(f"the backup's {member.name} has {member.size} bytes, and {limit} is the limit")
        self._file.seek(member.offset)
        return self._file.read(member.size)


def _manifest(head: bytes) -> Manifest:
    what = "the backup's manifest"
    document = strictjson.loads(head, what, MAX_MANIFEST_BYTES)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FormatError("the file is not a backup of a home")
    version = document.get("version")
    if type(version) is not int or version != VERSION:
        raise FormatError(f"the backup has version {version!r:.40}; this program knows {VERSION}")
    return dataclassjson.read(Manifest, document, what)


def _members(file: BinaryIO) -> list[_Member]:
    """The members of the archive, of which only the headers and the padding are read."""
    end, offset = file.seek(0, os.SEEK_END), 0
    members: list[_Member] = []
    while True:
        header = _exactly(file, offset, BLOCK)
        if not any(header):
            break
        if len(members) >= MAX_FILES + 2:
            raise FormatError(f"the backup has more than {MAX_FILES} files")
        member = _member(header, offset + BLOCK)
        if member.size > end - member.offset:
            raise FormatError(f"the backup is cut off in {member.name}")
        members.append(member)
        offset = member.offset + member.size
        if any(_exactly(file, offset, -offset % BLOCK)):
            raise FormatError(f"the backup is damaged after {member.name}")
        offset += -offset % BLOCK
    if end != offset + 2 * BLOCK or any(_exactly(file, offset, 2 * BLOCK)):
        raise FormatError("the backup does not end where its last file ends: it is cut off, or something was appended")
    return members


def _member(header: bytes, offset: int) -> _Member:
    try:
        name = header[:MAX_NAME].rstrip(b"\0").decode("ascii")
        size = int(header[124:135], 8)
    except ValueError:
        raise FormatError("the file is not a backup of a home, or is damaged") from None
    if name not in (MANIFEST, SEAL):
        check_name(name)
    if not 0 <= size <= MAX_FILE_BYTES or header != _header(name, size):
        raise FormatError(f"the backup's header of {name} is not one of a private file, as backups have them")
    return _Member(name, size, offset)


def _header(name: str, size: int) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")


def _seal(head: bytes) -> bytes:
    return f"{hashlib.sha256(head).hexdigest()}  {MANIFEST}\n".encode()


def _write_member(output: BinaryIO, name: str, content: bytes) -> None:
    output.write(_header(name, len(content)) + content + bytes(-len(content) % BLOCK))


def _copy(source: BinaryIO, output: BinaryIO | None, size: int, name: str) -> str:
    """The SHA-256 of so many bytes from the source's place on, which are copied to the output if there is one.

    Raises FormatError when there are fewer.
    """
    digest = hashlib.sha256()
    while size:
        chunk = source.read(min(size, CHUNK_BYTES))
        if not chunk:
            raise FormatError(f"{name} became shorter while it was read")
        digest.update(chunk)
        if output is not None:
            output.write(chunk)
        size -= len(chunk)
    return digest.hexdigest()


def _exactly(file: BinaryIO, offset: int, size: int) -> bytes:
    file.seek(offset)
    data = file.read(size)
    if len(data) != size:
        raise FormatError("the backup is cut off")
    return data
