"""A wallet shows what an account holds; a verifier learns that and no more, and refuses the rest."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from circuits import registry
from prover.proofs import pipeline
from prover.trader import showing, wallets, walletsync
from settlement.ledger import Ledger
from settlement.orders import funds
from tests.prover import pools
from tests.prover.trader import moving
from tests.prover.trader.moving import NOW, USDC
from zk.errors import FormatError, InvalidProof, Unsatisfied

CONTEXT = "a line of credit"


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    """A ledger of which no proof is looked at; a proof is made only of what is true."""

    def prove(name, public, private, keystore):
        false_line = registry.get(name).relation(public, private)
        if false_line is not None:
            raise Unsatisfied(false_line)
        return pools.ANY_PROOF

    monkeypatch.setattr(pipeline, "prove", prove)
    with Ledger.create(tmp_path / "ledger.sqlite", pools.make(), NOW) as opened:
        yield opened


@pytest.fixture
def session(ledger):
    """A wallet with 1,000 and with 70 of the numeraire's smallest units, in two accounts."""
    own = wallets.new()
    for amount in (1000, 70):
        moving.deposit(ledger, own, amount)
    return session_of(ledger, walletsync.sync(ledger, own).wallet)


def session_of(ledger, wallet):
    return SimpleNamespace(ledger=ledger, wallet=wallet, keystore=None)


def proved(session, amount=60, position=None, text=CONTEXT, *, is_named=True):
    thresholds = {USDC: amount}
    holding = showing.choose(session.wallet, session.ledger.pool, thresholds, position)
    context = funds.context(session.ledger.ledger_id, text)
    return showing.prove_holding(session, holding, thresholds, context, is_named=is_named)


def any_proof(claims):
    assert len(claims) == 1


def verified(session, file, text=CONTEXT):
    return showing.verify(session.ledger, file, text, any_proof)


def pay(session, holding):
    moving.spend(session.ledger, session.wallet, holding, wallets.new(), 1)


@pytest.mark.parametrize("is_named", [True, False])
def test_a_verifier_learns_the_amounts_the_time_and_the_tag(session, is_named):
    file = proved(session, is_named=is_named)
    shown = verified(session, file)
    assert shown.amounts == {USDC: 60} and shown.tag == file.public.tag
    assert shown.made_at == shown.newest == session.ledger.reader.last_event()
    assert (shown.nullifier is not None) == is_named


def test_the_newest_account_that_suffices_is_shown(session):
    assert [showing.choose(session.wallet, session.ledger.pool, {USDC: n}, None).position for n in (70, 71)] == [1, 0]


@pytest.mark.parametrize("amount, position, why", [
    (1001, None, "no account of the wallet holds 0.001001 USDC"),
    (71, 1, "the account at position 1 does not hold 0.000071 USDC"),
    (1, 5, "no live account at position 5"),
])
def test_what_no_account_holds_is_not_proved(session, amount, position, why):
    with pytest.raises(Unsatisfied, match=why):
        proved(session, amount, position)


def test_an_account_that_owes_something_shows_nothing(session):
    (*_, holding) = session.wallet.live
    owing = replace(holding.account, balances=(*holding.account.balances[:15], -1), guard=1)
    wallet = replace(session.wallet, live=(replace(holding, account=owing),))
    with pytest.raises(Unsatisfied, match="without owing anything"):
        showing.choose(wallet, session.ledger.pool, {USDC: 1}, None)


def test_a_watch_only_wallet_shows_what_it_sees(session):
    watching = walletsync.sync(session.ledger, wallets.watch_only(session.wallet)).wallet
    assert verified(session, proved(session_of(session.ledger, watching))).amounts == {USDC: 60}


def test_a_proof_stays_valid_and_of_its_time_when_others_move(session):
    file = proved(session, position=0)
    made_at = session.ledger.reader.last_event()
    pay(session, session.wallet.live[1])
    shown = verified(session, file)
    assert shown.made_at == made_at != shown.newest


def test_an_account_that_was_spent_since_is_refused_only_if_it_showed_its_nullifier(session):
    named, hidden = (proved(session, position=0, is_named=is_named) for is_named in (True, False))
    pay(session, session.wallet.live[0])
    with pytest.raises(InvalidProof, match="the account was spent at height 3, .*; the proof is of height 2"):
        verified(session, named)
    assert verified(session, hidden).nullifier is None


def test_one_account_has_one_tag_in_a_context(session):
    tags = [proved(session, position=p, text=t, is_named=n).public.tag
            for p, t, n in ((0, "a", True), (0, "a", False), (1, "a", True), (0, "b", True))]  # fmt: skip
    assert tags[0] == tags[1] and len(set(tags)) == 3


def test_a_proof_in_another_context_or_of_another_ledger_is_refused(session, tmp_path):
    file = proved(session)
    with pytest.raises(InvalidProof, match="another context"):
        verified(session, file, "A line of credit")
    with Ledger.create(tmp_path / "other.sqlite", pools.make("other"), NOW) as other:
        with pytest.raises(InvalidProof, match="another context, or for another ledger"):
            verified(session_of(other, session.wallet), file)


def test_a_root_that_the_ledger_never_had_is_refused(session):
    file = proved(session)
    with pytest.raises(InvalidProof, match="a root that the tree never had"):
        verified(session, replace(file, public=replace(file.public, root=5)))


def test_a_key_that_is_not_the_pools_is_refused(session):
    file = proved(session)
    with pytest.raises(InvalidProof, match="a key that is not the pool's"):
        verified(session, replace(file, key=replace(file.key, ic=file.key.ic[::-1] + file.key.ic[:1])))


def test_a_proof_that_does_not_verify_is_refused(session):
    def refuse(claims):
        raise InvalidProof("no", index=0)

    with pytest.raises(InvalidProof, match="the proof of the funds does not verify"):
        showing.verify(session.ledger, proved(session), CONTEXT, refuse)


def test_a_proof_of_another_statement_is_no_proof_of_funds(session):
    with pytest.raises(FormatError, match="a proof of margin, not of funds"):
        verified(session, replace(proved(session), statement="margin"))
