"""A home's copy of a ledger: it has what the original has, asks for nothing of its own, and takes no second history."""

import shutil

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from prover.machine import files
from prover.machine.files import Busy
from prover.network.mirrors import mirror
from prover.network.mirrors.mirror import Forked, Mirror
from prover.network.wire import receipts
from settlement.errors import Discrepancy, Unavailable
from settlement.following import following
from settlement.ledger import Ledger
from settlement.log import checkpoint, fork, tiles
from settlement.log.checkpoint import Checkpoint
from settlement.pool import poolfile
from settlement.pool.validators import NOBODY
from tests.prover.network.serving import SECRET, ledger_at
from tests.settlement import guarded
from tests.settlement.audit import histories
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import any_proof
from zk.errors import FormatError, InvalidProof

POOL = samples.pool()


@pytest.fixture(scope="module", autouse=True)
def remembered():
    with pytest.MonkeyPatch.context() as patch:
        histories.remember_publications(patch)
        yield


class Original:
    """A service over a ledger, without HTTP.  `asked` has every path; `answers` replaces what it says."""

    def __init__(self, path, secret=SECRET, size=None):
        self.path, self.secret, self.size = path, secret, size
        self.asked: list[str] = []
        self.answers: dict[str, bytes] = {}

    def __call__(self, path: str) -> bytes:
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]
        if path == "/successions":
            return b'{"successions": []}'
        with Ledger.open(self.path, read_only=True) as ledger:
            if path == "/pool":
                return ledger.reader.pool()
            size = self.size or ledger.reader.last_event().height + 1
            if path == "/checkpoint":
                return checkpoint.sign(receipts.after(ledger, ledger.reader.event(size - 1)), self.secret).encode()
            data = following.tile(ledger.reader, tiles.parse(path.removeprefix("/")))
        if data is None:
            raise Unavailable("there is no such file")
        return data


@pytest.fixture
def path(tmp_path):
    (tmp_path / "original").mkdir()
    return ledger_at(tmp_path / "original")


def deposit(path, amount, count=1):
    with Ledger.open(path) as ledger:
        for _ in range(count):
            guarded.settle(ledger, samples.make(ledger, samples.change(USDC=amount), [samples.flow(0, amount)]))


@pytest.fixture
def copied(tmp_path):
    """Makes a copy of a ledger, of its first event only, in a folder of its own."""
    opened = []

    def copy(original, name="copy"):
        (tmp_path / name).mkdir()
        ledger = mirror.begin(tmp_path / name / "ledger.sqlite", mirror.fetch_pool(original), original)
        opened.append(ledger)
        return Mirror(ledger, tmp_path / name, original)

    yield copy
    for ledger in opened:
        ledger.close()


def newest(path):
    with Ledger.open(path, read_only=True) as ledger:
        return ledger.reader.last_event()


def test_a_copy_follows_the_original_whatever_happens_there(tmp_path, copied):
    (tmp_path / "all").mkdir()
    path = tmp_path / "all" / "ledger.sqlite"
    histories.write(path)
    copy = copied(Original(path))
    done = []
    assert copy.update(any_proof, lambda n, total: done.append((n, total))).root == newest(path).digest
    assert copy.ledger.reader.last_event() == newest(path) and done[-1] == (copy.size - 1, copy.size - 1)
    deposit(path, 3)
    assert copy.update(any_proof).root == newest(path).digest == copy.ledger.reader.last_event().digest
    assert checkpoint.verify(copy.kept(), checkpoint.key(copy.ledger.pool)).size == copy.size


def test_a_copy_that_is_up_to_date_asks_for_the_checkpoint_and_who_signs_it_alone(path, copied):
    deposit(path, 3)
    original = Original(path)
    copy = copied(original)
    copy.update(any_proof)
    original.asked.clear()
    assert copy.update(any_proof).size == 2 and original.asked == ["/checkpoint", "/successions"]


def test_what_a_copy_asks_for_does_not_depend_on_whose_it_is(path, copied):
    deposit(path, 3, count=40)
    originals = [Original(path), Original(path)]
    for number, original in enumerate(originals):
        copied(original, f"copy{number}").update(any_proof)
    assert originals[0].asked == originals[1].asked
    partial = [asked for asked in originals[0].asked if ".p/" in asked]
    assert sorted(set(partial)) == ["/tile/data/002.p/9", "/tile/entries/000.p/41"]


def test_a_service_that_is_behind_takes_nothing_back(path, copied):
    deposit(path, 3, count=3)
    original = Original(path)
    copy = copied(original)
    copy.update(any_proof)
    kept = copy.kept()
    original.size = 2
    assert copy.update(any_proof).size == 2
    assert copy.size == 4 and copy.kept() == kept


@pytest.mark.parametrize("more", [0, 1, 2])
def test_a_second_history_is_refused_and_leaves_evidence(path, copied, tmp_path, more):
    shutil.copytree(path.parent, tmp_path / "other")
    deposit(path, 3, count=2)
    deposit(tmp_path / "other" / path.name, 4, count=1 + more)
    copy = copied(Original(path))
    copy.update(any_proof)
    before = copy.ledger.reader.last_event()
    with pytest.raises(Forked, match="signed two histories") as raised:
        Mirror(copy.ledger, copy.folder, Original(tmp_path / "other" / path.name)).update(any_proof)
    found = fork.verify(raised.value.evidence.read_text(), checkpoint.key(POOL), NOBODY)
    assert {found.smaller.size, found.larger.size} == {3, 2 + more}
    assert copy.ledger.reader.last_event() == before and copy.update(any_proof).size == 3


def test_who_has_kept_no_checkpoint_refuses_as_well(path, copied, tmp_path):
    shutil.copytree(path.parent, tmp_path / "other")
    deposit(path, 3)
    deposit(tmp_path / "other" / path.name, 4)
    copy = copied(Original(path))
    copy.update(any_proof)
    (copy.folder / mirror.KEPT).unlink()
    with pytest.raises(InvalidProof, match="not of the history that is here"):
        Mirror(copy.ledger, copy.folder, Original(tmp_path / "other" / path.name)).update(any_proof)
    assert not list(copy.folder.glob("fork-*"))


def test_files_that_do_not_lead_to_the_checkpoint_are_refused(path, copied):
    deposit(path, 3)
    original = Original(path)
    copy = copied(original)
    honest = original("/tile/entries/000.p/2")
    original.answers["/tile/entries/000.p/2"] = honest[:-1] + bytes([honest[-1] ^ 1])
    with pytest.raises(InvalidProof, match="not of the history that is here"):
        copy.update(any_proof)
    original.answers["/tile/entries/000.p/2"] = honest[:-1]
    with pytest.raises(FormatError, match="does not have 2 entries"):
        copy.update(any_proof)
    original.answers.clear()
    data = original("/tile/data/000.p/2")
    original.answers["/tile/data/000.p/2"] = data[:-1] + bytes([data[-1] ^ 1])
    with pytest.raises(Discrepancy):
        copy.update(any_proof)
    assert copy.size == 1 and copy.kept() is None


def test_a_checkpoint_of_somebody_else_is_refused(path, copied):
    deposit(path, 3)
    copy = copied(Original(path))
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(InvalidProof, match="not signed by"):
        Mirror(copy.ledger, copy.folder, Original(path, stranger)).update(any_proof)
    for said in (b"", b"\xff", b"nonsense\n"):
        original = Original(path)
        original.answers["/checkpoint"] = said
        with pytest.raises(FormatError):
            Mirror(copy.ledger, copy.folder, original).update(any_proof)


def test_a_copy_begins_with_the_pool_that_was_asked_for(path, copied, tmp_path):
    other = samples.pool(salt=b"another ledger's")
    original = Original(path)
    with pytest.raises(InvalidProof, match="not signed by"):
        mirror.begin(tmp_path / "x.sqlite", other, original)
    log = checkpoint.origin(poolfile.ledger_id(other))
    original.answers["/checkpoint"] = checkpoint.sign(Checkpoint(log, 1, bytes(32)), SECRET).encode()
    with pytest.raises(FormatError, match="does not begin with this pool's ledger"):
        mirror.begin(tmp_path / "x.sqlite", other, original)
    original.answers["/checkpoint"] = checkpoint.sign(Checkpoint(log, 0, bytes(32)), SECRET).encode()
    with pytest.raises(FormatError, match="of no events at all"):
        mirror.begin(tmp_path / "x.sqlite", other, original)
    assert not (tmp_path / "x.sqlite").exists()


def test_who_waited_for_another_to_follow_goes_on_from_where_that_one_ended(path, copied, monkeypatch):
    """Two commands of one home read the same events; the second must not take them for events that settle twice."""
    original = Original(path)
    one = copied(original)
    with Ledger.open(one.folder / "ledger.sqlite") as opened:
        other = Mirror(opened, one.folder, original)
        locked, waits = mirror.files.locked, [True]

        def waited(*arguments):
            if waits:
                waits.clear()
                other.update(any_proof)
            return locked(*arguments)

        monkeypatch.setattr(mirror.files, "locked", waited)
        deposit(path, 5, count=3)
        assert one.update(any_proof).size == one.size == other.size == 4


def test_who_follows_keeps_others_of_the_home_from_it(path, copied):
    original = Original(path)
    one = copied(original)
    deposit(path, 5)

    def fetch(asked):
        if asked.startswith("/tile"):
            with pytest.raises(Busy), files.locked(one.folder / mirror.KEPT, "it"):
                pass
        return original(asked)

    assert Mirror(one.ledger, one.folder, fetch).update(any_proof).size == 2
    with files.locked(one.folder / mirror.KEPT, "it"):
        pass
