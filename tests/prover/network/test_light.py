"""A light mirror takes what the validators' quorum cosigned, checks every byte of it, and takes no second history."""

from dataclasses import replace

import pytest

from prover.network.mirrors import mirror
from prover.network.mirrors.light import LightMirror
from prover.network.mirrors.mirror import Forked
from prover.network.wire.refusals import NotFound
from settlement import databases, engine, events, merkle
from settlement.bundles import digests, encoding
from settlement.errors import Discrepancy, Unavailable
from settlement.ledger import Ledger
from settlement.log import checkpoint, cosignature, fork
from settlement.pool import governance, poolfile
from settlement.pool.governance import Change
from settlement.pool.validators import NOBODY, Validator, Validators
from tests.prover.network.serving import ledger_at
from tests.prover.network.told import POOL, SECRETS, VALIDATORS, Told
from tests.settlement import copies, guarded
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS
from zk.errors import FormatError, InvalidProof


def deposit(ledger, amount=5):
    return guarded.settle(ledger, samples.make(ledger, samples.change(USDC=amount), [samples.flow(0, amount)]))


@pytest.fixture
def path(tmp_path):
    (tmp_path / "original").mkdir()
    return ledger_at(tmp_path / "original", validators=VALIDATORS)


@pytest.fixture
def told(path):
    with Ledger.open(path) as ledger:
        for amount in range(1, 21):
            deposit(ledger, amount)
        return Told(ledger)


@pytest.fixture
def copied(tmp_path):
    """Makes a light copy of what a service tells, of its first event only."""
    opened = []

    def copy(told, name="copy"):
        (tmp_path / name).mkdir()
        ledger = mirror.begin(tmp_path / name / "ledger.sqlite", poolfile.decode(told.pool), told)
        opened.append(ledger)
        return LightMirror(ledger, tmp_path / name, told)

    yield copy
    for ledger in opened:
        ledger.close()


def test_a_light_copy_has_what_is_final_and_nothing_beyond(told, copied, path, tmp_path):
    copy, told.size = copied(told), 18
    assert copy.update().size == copy.size == 18
    told.size = 21
    steps = []
    assert copy.update(progress=lambda *step: steps.append(step)).size == 21
    assert steps == [(3, 3)]
    assert copies.rows(tmp_path / "copy" / "ledger.sqlite") == copies.rows(path)
    assert cosignature.is_final(copy.kept(), VALIDATORS)


def test_a_light_copy_reads_whole_files_and_nothing_twice(told, copied):
    copy = copied(told)
    told.asked.clear()
    copy.update()
    assert told.asked == ["/checkpoint/final", "/successions", *FILES[:3]]
    told.asked.clear()
    copy.update()
    assert told.asked == ["/checkpoint/final", "/successions"]


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


FILES = ["/tile/entries/000.p/21", "/tile/data/000", "/tile/data/001.p/5", "/checkpoint/final"]


@pytest.mark.parametrize("file", FILES)
def test_a_lie_about_any_byte_is_noticed_and_nothing_of_its_file_is_taken(told, copied, file):
    copy, honest = copied(told), told.honest(file)
    for at in range(0, len(honest), max(1, len(honest) // 40)):
        told.answers[file] = flipped(honest, at)
        try:
            copy.update()
        except (Discrepancy, FormatError, InvalidProof):
            assert copy.size == 1
        else:  # one of two cosignatures' lines that is not one leaves the note as good as its others
            raise AssertionError(f"byte {at} of {file} may be anything")
    for wrong in (b"", honest[:-1], honest + honest, b"\xff" * 10):
        told.answers[file] = wrong
        with pytest.raises((Discrepancy, FormatError, InvalidProof)):
            copy.update()
    told.answers.clear()
    assert copy.update().size == 21


@pytest.mark.parametrize("cosigners", ["", "a", "aa", ["a", "new"]])
def test_a_checkpoint_without_the_quorum_is_not_taken(told, copied, cosigners):
    copy, told.cosigners = copied(told), cosigners
    with pytest.raises(InvalidProof, match="cosigned, and it takes 2: nothing was taken"):
        copy.update()
    assert copy.size == 1 and copy.kept() is None
    told.cosigners = "cb"
    assert copy.update().size == 21
    told.cosigners = "c"  # of a checkpoint that the copy has already
    with pytest.raises(InvalidProof):
        copy.update()


def test_an_operator_who_is_none_is_refused_whoever_cosigned(told, copied):
    copy = copied(told)
    told.secret = SECRETS["new"]
    with pytest.raises(InvalidProof, match="not signed by"):
        copy.update()


def test_a_pool_without_validators_has_no_light_copies(tmp_path, copied):
    (tmp_path / "original").mkdir()
    with Ledger.open(ledger_at(tmp_path / "original")) as ledger:
        told = Told(ledger)
    copy = copied(told)

    def missing(path):
        if path == "/checkpoint/final":
            raise NotFound("no checkpoint is final yet")
        return told(path)

    for fetch in (told, missing):
        with pytest.raises(FormatError, match="'test' has no validators, whom a light copy would have to trust"):
            replace(copy, fetch=fetch).update()


def test_before_anything_is_final_there_is_nothing_to_take(told, copied):
    copy = copied(told)

    def missing(path):
        raise NotFound("no checkpoint is final yet")

    with pytest.raises(Unavailable, match="final yet, and a light copy takes nothing before"):
        replace(copy, fetch=missing).update()


@pytest.mark.parametrize("more", [0, 1, 2])
def test_a_second_history_is_refused_and_leaves_evidence(path, copied, tmp_path, more):
    (tmp_path / "other").mkdir()
    databases.copy(path, tmp_path / "other" / "ledger.sqlite")
    with Ledger.open(path) as ledger, Ledger.open(tmp_path / "other" / "ledger.sqlite") as other:
        for amount in (3, 3):
            deposit(ledger, amount)
        for amount in (4, 5, 6)[: 1 + more]:
            deposit(other, amount)
        honest, lying = Told(ledger), Told(other)
    copy = copied(honest)
    copy.update()
    before = copy.ledger.reader.last_event()
    with pytest.raises(Forked, match="signed two histories") as raised:
        replace(copy, fetch=lying).update()
    found = fork.verify(raised.value.evidence.read_text(), checkpoint.key(POOL), VALIDATORS)
    assert {found.smaller.size, found.larger.size} == {3, 2 + more}
    assert found.signers == (checkpoint.origin(copy.ledger.ledger_id), "a", "b")
    assert fork.verify(raised.value.evidence.read_text(), checkpoint.key(POOL), NOBODY).signers == found.signers[:1]
    assert copy.ledger.reader.last_event() == before and copy.update().size == 3


def test_validators_whom_the_governors_named_meanwhile_are_those_who_count(path, copied):
    """The change is announced in what is copied, and in force at the time of the last event."""
    new = Validators((Validator("new", SECRETS["new"].public_key().public_bytes_raw()),), quorum=1)
    effective_ms = NOW_MS + POOL.governance.delay_ms
    changed = Change(replace(POOL.parameters, version=2, validators=new), effective_ms, ())
    with Ledger.open(path) as ledger:
        signed = governance.sign(ledger.pool, changed, samples.GOVERNOR_SECRETS[:2])
        engine.govern(ledger, governance.encode(signed), NOW_MS)
        made = samples.make(ledger, samples.change(USDC=5), [samples.flow(0, 5)], expiry_ms=effective_ms + 1)
        guarded.settle(ledger, made, now_ms=effective_ms)
        told = Told(ledger)
    copy, told.cosigners = copied(told), "abc"
    with pytest.raises(InvalidProof, match="which 0 of the pool's validators cosigned, and it takes 1"):
        copy.update()
    told.size, told.cosigners = 2, ["new"]  # before it is in force
    with pytest.raises(InvalidProof, match="which 0 of the pool's validators cosigned, and it takes 2"):
        copy.update()
    told.size = 3
    assert copy.update().size == 3 and copy.update().size == 3


def test_a_history_that_no_ledger_can_have_is_not_taken_even_from_a_quorum(path, copied):
    """An account is spent twice: a rule that is taken on trust, and that the tables keep all the same."""
    with Ledger.open(path) as ledger:
        deposit(ledger)
        told = Told(ledger)
        first = encoding.decode_bundle(told.sent[1])
        again = samples.bind(ledger.ledger_id, samples.make(ledger, samples.change(USDC=5), [samples.flow(0, 5)],
                                                            nullifier=first.legs[0].public.nullifier))  # fmt: skip
        data, size = encoding.encode_bundle(again), ledger.reader.tree().size
        nodes = merkle.append(ledger.reader.node, size, [again.legs[0].commitment])
        body = events.bundle_body(digests.bundle_id(again), data, nodes[merkle.ROOT], size + 1)
        last = ledger.reader.last_event()
        told.leaves.append(events.following(last, ledger.reader.log_node, events.BUNDLE, NOW_MS, body).event.leaf)
        told.sent.append(data)
        told.size = 3
    copy = copied(told)
    with pytest.raises(Discrepancy, match="the validators cosigned a history that no ledger can have"):
        copy.update()
    assert copy.size == 1
