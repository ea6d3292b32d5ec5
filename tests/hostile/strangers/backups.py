"""Backups of homes: archives in blocks of 512 bytes, whose headers and digests a stranger can make fit."""

import hashlib
import io
import json
import tarfile

from prover.backup import archive
from tests.hostile.strangers import fields
from tests.hostile.strangers.fields import Parts
from tests.hostile.strangers.target import Target
from tests.settlement.bundles.samples import NOW_MS

CONTENTS = {
    "wallets/ann.json": b'{"format": "zksettle-wallet"}', "wallets/ann.archive": b"", "pool/ledger.sqlite": b"x" * 700,
    "custodian.json": b"12345",
}  # fmt: skip
HEADER = (
    ("name", 100), ("mode", 8), ("uid", 8), ("gid", 8), ("size", 12), ("time", 12), ("checksum", 8), ("type", 1),
    ("link", 100), ("magic", 8), ("user", 32), ("group", 32), ("device", 16), ("prefix", 155), ("rest", 12),
)  # fmt: skip
CHECKSUM = slice(148, 156)


def good() -> dict[str, Parts]:
    """An archive of four files, header by header and content by content."""
    sources = {name: io.BytesIO(content) for name, content in CONTENTS.items()}
    listed = tuple(archive.measure(name, source) for name, source in sources.items())
    manifest = archive.Manifest(archive.FORMAT, archive.VERSION, NOW_MS, None, listed)
    written = io.BytesIO()
    archive.write(written, manifest, list(sources.values()))
    return {"backup": _parts(written.getvalue())}


def _parts(data: bytes) -> Parts:
    parts: Parts = []
    with tarfile.open(fileobj=io.BytesIO(data)) as opened:
        for member in opened:
            place = member.offset
            for name, size in HEADER:
                parts.append((f"{member.name}: {name}", data[place : place + size]))
                place += size
            parts.append((f"{member.name}: content", data[place : place + member.size]))
            end = -(-(place + member.size) // archive.BLOCK) * archive.BLOCK
            parts.append((f"{member.name}: padding", data[place + member.size : end]))
    return [*parts, ("end", data[end:])]


def mend(parts: Parts) -> bytes:
    """The archive with the digests, sizes and checksums that fit its contents, as anybody can make them."""
    fitting = dict(parts)
    try:
        manifest = json.loads(fitting[f"{archive.MANIFEST}: content"])
        for listed in manifest["files"]:
            content = fitting.get(f"{listed['name']}: content", b"")
            listed |= {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        head = json.dumps(manifest, indent=1).encode() + b"\n"
    except (KeyError, TypeError, ValueError, RecursionError, AttributeError):
        head = fitting.get(f"{archive.MANIFEST}: content", b"")
    contents = {archive.MANIFEST: head, archive.SEAL: archive._seal(head)}
    after = []
    for label, data in parts:
        name, _, field = label.rpartition(": ")
        content = contents.get(name, fitting.get(f"{name}: content", b""))
        if field == "content":
            data = content
        elif field == "size" and data == dict(TARGET.goods["backup"]).get(label):
            data = b"%011o\0" % len(content)
        elif field == "padding":
            data = bytes(-len(content) % archive.BLOCK)
        after.append((label, data))
    return _with_checksums(after)


def _with_checksums(parts: Parts) -> bytes:
    """The archive, whose headers have the checksums that tar asks for."""
    data = bytearray()
    start = 0
    for label, content in parts:
        if label.endswith(": name"):
            start = len(data)
        data += content
        if label.endswith(": rest") and len(data) - start == archive.BLOCK:
            data[start + CHECKSUM.start : start + CHECKSUM.stop] = b" " * 8
            data[start + CHECKSUM.start : start + CHECKSUM.stop] = b"%06o\0 " % sum(data[start:])
    return bytes(data)


def use(data: bytes, mended: bool) -> None:
    """Unpacks the archive into memory: files that belong to a home, in the one spelling of their archive."""
    opened = archive.Archive(io.BytesIO(data))
    contents = []
    for place, file in enumerate(opened.manifest.files):
        archive.check_name(file.name)
        content = io.BytesIO()
        opened.unpack(place, content)
        contents.append(content)
    again = io.BytesIO()
    archive.write(again, opened.manifest, contents)
    if not mended:
        assert again.getvalue() == data == fields.joined(TARGET.goods["backup"]), "an archive has two spellings"


TARGET = Target("backup", good, use, mend=mend)
