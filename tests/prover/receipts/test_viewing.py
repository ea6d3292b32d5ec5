"""Viewing keys: one account in one period, checked against the ledger, and nothing else."""

import json
from contextlib import ExitStack
from dataclasses import replace
from types import SimpleNamespace

import pytest

from circuits import records, registry
from prover.receipts import viewfile, viewing
from prover.trader import keys, plan, wallets
from prover.trader.sessions import Session
from settlement.orders import funds
from settlement.storage.rows import Output
from tests.prover import pools
from tests.prover.receipts import scene
from tests.prover.receipts.scene import ETH, NOW, USDC
from tests.prover.trader import moving
from zk.errors import FormatError, InvalidProof, Unsatisfied
from zk.hashes import poseidon

DAY = 1000


def proved(name, public, private, keystore):
    """A proof that nobody looks at, of a statement that is true."""
    assert registry.get(name).relation(public, private) is None
    return pools.ANY_PROOF


def taken(claims):
    """Takes every proof."""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """(session of Alice, ledger, Alice, Bob): she buys 2, 1 and 3 ETH a day apart, and has another account."""
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setattr("prover.trader.showing.pipeline.prove", proved)
        ledger, alice, bob = scene.open_all(tmp_path_factory.mktemp("viewing"), stack, patch)
        for day, eth in enumerate((2, 1, 3), start=1):
            patch.setattr(moving, "NOW", NOW + DAY * day)
            patch.setattr(scene, "NOW", NOW + DAY * day)
            scene.trade(ledger, alice, bob, 10 * eth, eth)
        alice.deposit(USDC, 77, index=1)
        yield Session(ledger, alice.file, None), ledger, alice, bob


def granted(world, since=0, until=4, index=0):
    period = (int(NOW + DAY * day) for day in (since, until))
    return viewing.grant(world[0], index, *period, "the auditor", NOW + DAY * 9)[0]


def read(world, data):
    return viewfile.read(world[1], data, taken)


def lied(world, document):
    return read(world, json.dumps(document).encode())


def test_the_whole_life_of_an_account_is_seen_and_none_of_another(world):
    seen = read(world, granted(world))
    assert seen.is_whole and [life.state.balances[USDC] for life in seen.lives] == [1000, 980, 970, 940]
    assert [life.followed_by for life in seen.lives] == [life.state.position for life in seen.lives[1:]] + [None]
    assert seen.at_start == plan.NOTHING and seen.at_end == plan.changes({}, {USDC: 940, ETH: 6})
    assert read(world, granted(world, index=1)).at_end == plan.changes({}, {USDC: 77})


def test_a_period_shows_its_own_states_and_no_later_one(world):
    seen = read(world, granted(world, 1.5, 2.5))
    assert seen.is_whole and [life.state.balances[USDC] for life in seen.lives] == [980, 970]
    assert (seen.at_start[USDC], seen.at_end[USDC]) == (980, 970)


def test_nothing_in_the_file_is_a_key(world):
    text = granted(world).decode()
    seed = world[2].wallet.seed
    own = keys.account(seed, 0)
    for secret in (own.ask, own.nk, *own.ak):
        assert str(secret) not in text and f"{secret:064x}" not in text
    assert keys.viewing_key(seed).private_bytes_raw().hex() not in text
    assert keys.blinding_key(seed, 0).hex() not in text


def test_a_state_that_was_left_out_in_between_is_missed(world):
    document = json.loads(granted(world))
    document["states"].pop(1)
    seen = lied(world, document)
    assert not seen.is_whole and [life.is_missing for life in seen.lives] == [True, False, False]


def proof_changed(state, **public):
    made = funds.decode(bytes.fromhex(state["proof"]))
    state["proof"] = funds.encode(replace(made, public=replace(made.public, **public))).hex()


def swap_nullifiers(document):
    first, second = document["states"][:2]
    first["nullifier"], second["nullifier"] = second["nullifier"], first["nullifier"]


def swap_proofs_too(document):
    swap_nullifiers(document)
    first, second = document["states"][:2]
    first["proof"], second["proof"] = second["proof"], first["proof"]


def name_none(document):
    document["states"][0]["nullifier"] = "0"
    proof_changed(document["states"][0], nullifier=0)


@pytest.mark.parametrize("lie, words", [
    (lambda d: d["states"][0]["balances"].__setitem__(0, "999"), "is not on the ledger"),
    (lambda d: d["states"][0].update(rho="1"), "is not on the ledger"),
    (lambda d: d["states"][0].update(position=1), "is not on the ledger"),
    (lambda d: d["states"][3].update(position=1 << 20), "is not on the ledger"),
    (lambda d: d.update(owner="5"), "is not on the ledger"),
    (swap_nullifiers, "a proof of another nullifier"), (swap_proofs_too, "a proof of another nullifier"),
    (name_none, "hides its nullifier"),
    (lambda d: proof_changed(d["states"][0], context=1), "a proof of another nullifier"),
    (lambda d: d.update(ledger_id="00" * 32), "another ledger"),
    (lambda d: d.update(height=d["height"] + 1), "newer copy"),
    (lambda d: d.update(digest="00" * 32), "another history"),
    (lambda d: d.update(from_ms=d["to_ms"] - 1), "not of the viewing key's period"),
])  # fmt: skip
def test_a_lie_in_the_file_is_found(world, lie, words):
    document = json.loads(granted(world))
    assert lied(world, document).is_whole
    lie(document)
    with pytest.raises(InvalidProof, match=words):
        lied(world, document)


def test_every_proof_is_verified_under_the_pools_key(world):
    asked = []
    viewfile.read(world[1], granted(world), asked.append)
    assert len(asked) == 4 and {key for claims in asked for key, _, _ in claims} == {world[1].pool.funds.verifying}

    def refuse(claims):
        raise InvalidProof("no")

    with pytest.raises(InvalidProof):
        viewfile.read(world[1], granted(world), refuse)


@pytest.mark.parametrize("spoil, words", [
    (lambda d: d["states"].reverse(), "order of their positions"),
    (lambda d: d["states"].append(d["states"][-1]), "order of their positions"),
    (lambda d: d["states"][0].update(proof=None), "must have a proof"),
    (lambda d: d["states"][0].update(guard=1), "must have a proof"),
    (lambda d: d["states"][0].update(proof="00"), "hexadecimal digits instead"),
    (lambda d: d["states"][0].update(nullifier="00"), "decimal"),
    (lambda d: d.update(to_ms=d["from_ms"]), "ends before it begins"),
    (lambda d: d.update(reader=""), "one line"),
    (lambda d: d.update(version=2), "version"),
    (lambda d: d.pop("owner"), "missing"),
])  # fmt: skip
def test_a_malformed_file_is_refused_as_such(world, spoil, words):
    document = json.loads(granted(world))
    spoil(document)
    with pytest.raises(FormatError, match=words):
        lied(world, document)


def test_what_was_given_is_recorded_before_the_file_exists(world, monkeypatch):
    session = world[0]
    before = viewing.grants(session.file)
    granted(world, 1, 2)
    *earlier, last = viewing.grants(session.file)
    assert tuple(earlier) == before
    assert (last.reader, last.account, last.from_ms, last.to_ms) == ("the auditor", 0, NOW + DAY, NOW + 2 * DAY)
    assert b"the auditor" not in session.file.path.with_suffix(".grants").read_bytes()
    monkeypatch.setattr(viewing, "MAX_GRANTS", len(before) + 1)
    with pytest.raises(FormatError, match="no more are kept"):
        granted(world)


def test_what_cannot_be_shown_is_refused(world):
    session = world[0]
    for index, since, until, now, error, words in (
        (0, 0, 4, 3, FormatError, "wallet watch-key"), (0, 2, 2, 9, FormatError, "must end after"),
        (5, 0, 4, 9, Unsatisfied, "held nothing in that period"), (1, 0, 1, 9, Unsatisfied, "held nothing"),
    ):  # fmt: skip
        with pytest.raises(error, match=words):
            viewing.grant(session, index, NOW + DAY * since, NOW + DAY * until, "x", NOW + DAY * now)
    watching = replace(session, file=_Watching(session.file))
    with pytest.raises(keys.WatchOnly):
        viewing.grant(watching, 0, NOW, NOW + DAY, "x", NOW + 9 * DAY)


class _Watching:
    def __init__(self, file):
        self.path, self.wallet = file.path, wallets.watch_only(file.wallet)


def test_an_account_that_was_emptied_ends_in_an_empty_state(tmp_path, monkeypatch):
    with ExitStack() as stack:
        monkeypatch.setattr("prover.trader.showing.pipeline.prove", proved)
        ledger, alice, bob = scene.open_all(tmp_path, stack, monkeypatch)
        to, setting = bob.target().address, scene.setting(ledger)
        moving.settle(ledger, *plan.payment(setting, alice.source(), alice.target(), to, USDC, 1000, NOW + 1))
        session = Session(ledger, alice.sync().file, None)
        data, _ = viewing.grant(session, 0, 0, NOW + 9 * DAY, "x", NOW + 9 * DAY)
        seen = viewfile.read(ledger, data, taken)
        assert seen.is_whole and [life.state.balances[USDC] for life in seen.lives] == [1000, 0]


def test_a_margined_states_nullifier_needs_no_proof_and_is_computed():
    account = records.Account(5, plan.changes({USDC: 7}, {ETH: 9}), 1, 99)
    commitment = account.commitment(poseidon.hash)
    own = records.nullifier(poseidon.hash, 99, commitment, 3)
    reader = SimpleNamespace(outputs=lambda *_: [Output(3, commitment, (), 1)])
    ledger, file = SimpleNamespace(reader=reader), SimpleNamespace(owner=5)
    state = viewfile.State(3, account.balances, 1, 99, own, None)
    viewfile._check(ledger, file, state, taken)
    with pytest.raises(InvalidProof, match="the nullifier of another"):
        viewfile._check(ledger, file, replace(state, nullifier=own + 1), taken)
