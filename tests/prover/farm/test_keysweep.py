"""The queue's database keeps no key that nobody uses, and whoever needs one again puts it back."""

import pytest

from prover.farm import asking, keycontents, keyshelf, keysweep, opening, schema, sealing
from prover.farm.asking import Sealed
from prover.farm.jobs import State
from prover.farm.keysweep import KEPT_MS
from prover.farm.session import Missing, Session
from tests.patience import PATIENCE_S
from tests.prover.farm import farms
from zk.errors import FormatError


@pytest.fixture
def session(farm):
    with Session(farm.url) as opened:
        yield opened


def another(farm, *, name="other", arrays=b"of no engine here"):
    """A key that has another name, and perhaps a file that the first one has too."""
    folder = farm.folder / name
    folder.mkdir()
    (folder / "proving-a.npy").write_bytes(arrays)
    return keycontents.of_folder(folder, name, "00" * 32, farms.VERIFYING)


def age(session, table="keys", column="used_ms"):
    session.rows(f"UPDATE {table} SET {column} = {column} - {KEPT_MS + 1}")


def grow_old(session):
    age(session)
    age(session, "chunks", "written_ms")


def sealed(farm):
    job = farm.job()
    return Sealed(job, sealing.public_digest(job.key, job.public), b"sealed")


def there(session):
    return {bytes(digest) for (digest,) in session.rows("SELECT digest FROM keys")}


def files_there(session):
    return {bytes(file) for (file,) in session.rows("SELECT file FROM chunks")}


def files_of(key):
    return {file.digest for file in key.contents.files.values()}


def test_a_key_that_nobody_used_for_a_day_goes_with_the_files_that_no_other_key_has(session, farm):
    shared, own = another(farm), another(farm, name="own", arrays=b"its own")
    for key in (farm.key, shared, own):
        keyshelf.put(session, key)
    keysweep.sweep(session)
    assert there(session) == {farm.key.digest, shared.digest, own.digest}, "none is old"
    grow_old(session)
    keyshelf.put(session, shared)
    keysweep.sweep(session)
    assert there(session) == {shared.digest}
    assert files_there(session) == files_of(shared)
    assert keyshelf.contents(session, shared.digest) == shared.contents


def test_a_key_of_a_job_or_of_evidence_stays(session, farm):
    judged = another(farm)
    for key in (farm.key, judged):
        keyshelf.put(session, key)
    asking.submit(session, [sealed(farm)])
    session.rows("INSERT INTO quarantine VALUES (%s, %s, %s, %s, '', %s, %s, 0)",
                 (b"w" * 32, b"c" * 64, b"j" * 16, judged.digest, b"p" * 256, b"s" * 64))  # fmt: skip
    grow_old(session)
    keysweep.sweep(session)
    assert there(session) == {farm.key.digest, judged.digest}
    session.rows("DELETE FROM jobs")
    session.rows("DELETE FROM quarantine")
    keysweep.sweep(session)
    assert there(session) == files_there(session) == set()


def test_an_upload_that_was_never_finished_goes_after_a_day(session, farm):
    session.rows("INSERT INTO chunks SELECT %s, n, '\\x00' FROM generate_series(1, 200) n", (b"f" * 32,))
    keysweep.sweep(session)
    assert files_there(session) == {b"f" * 32}
    age(session, "chunks", "written_ms")
    keysweep.sweep(session)
    assert files_there(session) == set()


def test_a_sweep_leaves_a_key_under_which_somebody_submits_meanwhile(session, farm):
    keyshelf.put(session, farm.key)
    age(session)
    with Session(farm.url) as other, other.transaction():
        other.rows(keysweep.USE, ([farm.key.digest],))
        keysweep.sweep(session)
    assert there(session) == {farm.key.digest}
    keysweep.sweep(session)
    assert there(session) == {farm.key.digest}, "it was used"


def test_a_submission_after_the_sweep_puts_the_key_back_and_is_proved(session, farm):
    with farm.submitting() as submitter:
        grow_old(session)
        keysweep.sweep(session)
        with pytest.raises(Missing):
            asking.submit(session, [sealed(farm)])
        with farm.working(farm.worker()):
            (result,) = submitter.wait(submitter.submit([farm.job()]), PATIENCE_S)
    assert result.state == State.DONE
    assert files_there(session) == files_of(farm.key)


def test_a_job_that_the_database_lost_with_its_key_is_submitted_again_with_it(session, farm):
    with farm.submitting() as submitter:
        ids = submitter.submit([farm.job()])
        for table in ("jobs", "keys", "chunks"):
            session.rows(f"DELETE FROM {table}")
        with farm.working(farm.worker()):
            (result,) = submitter.wait(ids, PATIENCE_S)
    assert result.state == State.DONE and there(session) == {farm.key.digest}


def test_a_key_is_listed_only_with_all_its_chunks_and_while_no_sweep_runs(session, farm, monkeypatch):
    """A sweep takes a file of an old upload, just after whoever puts a key has seen that it is there."""
    real, calls = keyshelf._put_file, []

    def put_file(*given):
        real(*given)
        calls.append(given)
        if len(calls) == 1:
            age(session, "chunks", "written_ms")
            keysweep.sweep(session)

    monkeypatch.setattr(keyshelf, "_put_file", put_file)
    assert keyshelf.put(session, farm.key) is True
    assert files_there(session) == files_of(farm.key) and len(calls) == 2 * len(farm.key.contents.files)
    session.rows("DELETE FROM keys")
    age(session, "chunks", "written_ms")
    with Session(farm.url) as other, other.transaction():
        keysweep.hold_off(other)
        keysweep.sweep(session)
    assert files_there(session) == files_of(farm.key), "somebody lists a key"


def test_a_key_that_cannot_be_put_back_is_named_in_one_sentence(session, farm):
    with farm.submitting() as submitter:
        grow_old(session)
        keysweep.sweep(session)
        path = farm.key.paths["proving-a.npy"]
        path.unlink()
        with pytest.raises(FormatError, match=f"the key's file {path} cannot be read: No such file"):
            submitter.submit([farm.job()])


def test_an_upgrade_from_version_1_lists_the_files_of_the_keys(url, tmp_path, monkeypatch):
    with monkeypatch.context() as old:
        old.setattr(schema, "NEWEST", 1)
        farm = farms.make(url, tmp_path)
    with Session(url) as session:
        session.rows("INSERT INTO keys VALUES (%s, %s)", (farm.key.digest, keycontents.encode(farm.key.contents)))
        for file in files_of(farm.key):
            session.rows("INSERT INTO chunks VALUES (%s, 0, '\\x00')", (file,))
        with pytest.raises(FormatError, match="has schema version 1: `zksettle prover queue init` upgrades it"):
            schema.check(session)
        opening.init(url, tmp_path / "farm.json")
        schema.check(session)
        age(session, "chunks", "written_ms")
        keysweep.sweep(session)
        assert there(session) == {farm.key.digest} and files_there(session) == files_of(farm.key)
        asking.submit(session, [sealed(farm)])
        assert session.rows("SELECT count(*) FROM jobs") == [(1,)]
