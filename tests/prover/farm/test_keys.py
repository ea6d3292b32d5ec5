"""Keys in the queue: stored in chunks by the digest of their content, fetched once, and never believed unchecked."""

import hashlib
import json
import stat
from dataclasses import replace

import pytest

from prover.farm import keycontents, keyshelf
from prover.farm.keycontents import ZKEY
from prover.farm.session import Session
from prover.proofs import keyfolder
from tests.prover.farm import farms
from zk.errors import FormatError

NAME = "proving-a.npy"


@pytest.fixture
def session(farm):
    with Session(farm.url) as opened:
        yield opened


@pytest.fixture
def large(farm, monkeypatch):
    """A key whose file takes several chunks."""
    monkeypatch.setattr(keyshelf, "CHUNK_BYTES", 1000)
    folder = farm.folder / "large"
    folder.mkdir()
    (folder / NAME).write_bytes(bytes(range(256)) * 10)
    return keycontents.of_folder(folder, "large", "11" * 32, farms.VERIFYING)


def test_a_key_goes_into_the_queue_in_chunks_and_comes_back_as_it_was(session, large, farm):
    assert keyshelf.put(session, large) is True
    assert keyshelf.put(session, large) is False
    digest = large.contents.files[NAME].digest
    assert session.rows("SELECT number, length(data) FROM chunks WHERE file = %s ORDER BY 1", (digest,)) == [
        (0, 1000), (1, 1000), (2, 560),
    ]  # fmt: skip
    folder = keyshelf.fetch(session, large.digest, farm.folder / "cache")
    assert (folder / NAME).read_bytes() == bytes(range(256)) * 10
    assert stat.S_IMODE(folder.parent.stat().st_mode) == stat.S_IMODE(folder.stat().st_mode) == 0o700
    session.rows("DELETE FROM chunks")
    assert keyshelf.fetch(session, large.digest, farm.folder / "cache") == folder, "it is fetched once"


def test_an_upload_that_broke_off_is_finished_by_the_next(session, large):
    digest = large.contents.files[NAME].digest
    session.rows("INSERT INTO chunks VALUES (%s, 1, %s)", (digest, (bytes(range(256)) * 10)[1000:2000]))
    keyshelf.put(session, large)
    assert session.rows("SELECT count(*) FROM chunks WHERE file = %s", (digest,)) == [(3,)]


@pytest.mark.parametrize("spoil", [
    "UPDATE chunks SET data = '\\x00' WHERE number = 1",
    "DELETE FROM chunks WHERE number = 2",
    "UPDATE keys SET contents = contents || ' '",
    "DELETE FROM keys",
])  # fmt: skip
def test_a_key_that_is_not_what_its_digest_names_is_refused_and_leaves_nothing(session, large, farm, spoil):
    keyshelf.put(session, large)
    session.rows(spoil)
    with pytest.raises(FormatError, match="damaged|not the one that its digest names|the queue has no key"):
        keyshelf.fetch(session, large.digest, farm.folder / "cache")
    assert [path for path in (farm.folder / "cache").iterdir() if path.suffix != ".lock"] == []


def test_a_file_that_has_changed_since_it_was_listed_or_fetched_is_refused(session, large, farm):
    folder = keyshelf.fetch(session, kept(session, large), farm.folder / "cache")
    (folder / NAME).write_bytes(b"another")
    with pytest.raises(FormatError, match="has changed since it was fetched: delete that folder"):
        keyshelf.open_key(folder, large.contents)
    large.paths[NAME].write_bytes(b"another")
    for table in ("keys", "chunks"):
        session.rows(f"DELETE FROM {table}")
    with pytest.raises(FormatError, match="changed while it was put into the queue"):
        keyshelf.put(session, large)


@pytest.mark.parametrize("change, said", [
    ({"files": {"../escape.npy": None}}, "a file whose name is not allowed"),
    ({"files": {".hidden.npy": None}}, "a file whose name is not allowed"),
    ({"files": {f"a{i}.npy": None for i in range(64)}}, "does not have the files of a key"),
    ({"without": keyfolder.VERIFICATION_KEY}, "does not have the files of a key"),
    ({"kind": "zkey"}, "does not have the files of a key"),
    ({"kind": "other"}, "kind"),
    ({"size": 17 << 30}, "size"),
    ({"large": True}, "of more than 16 GiB"),
    ({"version": 2}, "version"),
])  # fmt: skip
def test_a_malformed_list_of_files_is_refused(farm, change, said):
    document = json.loads(keycontents.encode(farm.key.contents))
    one = document["files"][NAME]
    document["files"] |= {name: one for name in change.get("files", {})}
    document["files"].pop(change.get("without"), None)
    if "large" in change:
        document["files"] |= {f"b{i}.npy": one | {"size": 9 << 30} for i in range(2)}
    one["size"] = change.get("size", one["size"])
    document |= {name: value for name, value in change.items() if name in ("kind", "version")}
    data = json.dumps(document).encode()
    keycontents.decode(keycontents.encode(farm.key.contents), farm.key.digest)
    with pytest.raises(FormatError, match=said):
        keycontents.decode(data, keycontents.digest(data))


def test_the_files_of_a_key_must_belong_together(session, farm, keystore):
    """A worker proves under one key and says it was another, whose evidence would then be judged wrongly."""
    key = keycontents.of_statement(keystore, "margin")
    other = keycontents.of_statement(keystore, "escrow")
    data = other.made[keyfolder.VERIFICATION_KEY]
    listed = other.contents.files[keyfolder.VERIFICATION_KEY]
    files = key.contents.files | {keyfolder.VERIFICATION_KEY: listed}
    contents = replace(key.contents, files=files)
    folder = farm.folder / "mixed"
    folder.mkdir()
    for name, path in key.paths.items():
        (folder / name).symlink_to(path)
    (folder / keyfolder.VERIFICATION_KEY).write_bytes(data)
    with pytest.raises(FormatError, match="do not belong together"):
        keyshelf.open_key(folder, contents)
    (folder / keyfolder.VERIFICATION_KEY).write_bytes(key.made[keyfolder.VERIFICATION_KEY])
    assert keyshelf.open_key(folder, key.contents).proving.verifying == key.verifying


def test_a_key_has_the_same_digest_on_every_machine(farm, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / NAME).write_bytes(farm.key.paths[NAME].read_bytes())
    (copy / "manifest.json").write_text("when it was made, for example")
    assert keycontents.of_folder(copy, "toy", "00" * 32, farms.VERIFYING).digest == farm.key.digest
    assert keycontents.of_folder(copy, "toy", "01" * 32, farms.VERIFYING).digest != farm.key.digest


def test_a_key_of_circoms_is_named_by_its_file(circom_folders):
    path = circom_folders["words"] / "circuit.zkey"
    key = keycontents.of_zkey(path)
    assert key.name == f"zkey {hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"
    assert keycontents.decode(keycontents.encode(key.contents), key.digest).files[ZKEY].size == path.stat().st_size


def kept(session, key):
    keyshelf.put(session, key)
    return key.digest
