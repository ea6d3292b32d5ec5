"""A proof of funds backs one order with what the pool's board asks, and nothing else."""

from dataclasses import replace

import pytest

from circuits.records import ASSETS
from settlement.bundles import digests
from settlement.ledger import Ledger
from settlement.orders import funds as proofs_of_funds
from settlement.rejection import Rejection
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS
from tests.settlement.orders.boards import TERMS, backed, place, refusal
from zk.errors import FormatError, InvalidProof
from zk.fields.prime import R


@pytest.fixture
def ledger(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", samples.pool(), NOW_MS) as opened:
        yield opened


def make(ledger):
    return samples.make(ledger, terms=digests.terms(TERMS))


def test_a_board_that_requires_funds_takes_no_order_without(tmp_path):
    pool = samples.pool(board=replace(samples.BOARD, funds_required=True))
    with Ledger.create(tmp_path / "strict.sqlite", pool, NOW_MS) as ledger:
        leg = make(ledger).leg
        assert refusal(place, ledger, leg) == Rejection.FUNDS_MISSING
        assert place(ledger, leg, funds=backed(ledger, leg)).is_backed


@pytest.mark.parametrize("asset", [0, 2])
def test_funds_of_any_accepted_asset_back_an_order(ledger, asset):
    leg = make(ledger).leg
    shown = proofs_of_funds.shown(place(ledger, leg, funds=backed(ledger, leg, asset)).funds)
    assert shown == (asset, samples.BOARD.funds[asset])


def only(asset, amount):
    return tuple(amount if i == asset else 0 for i in range(ASSETS))


@pytest.mark.parametrize("changes, why", [
    ({"context": 5}, "for another order"),
    ({"nullifier": 5}, "of another account"),
    ({"nullifier": 0}, "of another account"),
    ({"thresholds": only(0, 0)}, "not of one asset"),
    ({"thresholds": (100, 0, 3, *[0] * 13)}, "not of one asset"),
    ({"asset": 1, "amount": 7}, "does not take BTC"),
    ({"asset": 8, "amount": 7}, "does not take"),
    ({"amount": 99}, "not the board's threshold"),
    ({"amount": 101}, "not the board's threshold"),
    ({"key": bytes(32)}, "a key that is not the pool's"),
    ({"root": 5}, "a root that the tree never had"),
])  # fmt: skip
def test_funds_that_are_not_what_the_board_asks_are_refused(ledger, changes, why):
    leg = make(ledger).leg
    funds = samples.funds(ledger, leg, **changes)
    order_id = digests.leg_id(ledger.ledger_id, leg)
    with pytest.raises(InvalidProof, match=why):
        proofs_of_funds.check(
            ledger.pool, samples.BOARD, order_id, leg, funds, ledger.reader.is_known_root, samples.any_proof
        )
    assert refusal(place, ledger, leg, funds=proofs_of_funds.encode(funds)) == Rejection.FUNDS_INVALID


def test_funds_for_one_order_back_no_other_of_the_same_account(ledger):
    first = make(ledger).leg
    second = samples.make(ledger, terms=digests.terms(TERMS), nullifier=first.nullifier).leg
    assert refusal(place, ledger, second, funds=backed(ledger, first)) == Rejection.FUNDS_INVALID


def spoiled(good, at, value):
    return good[:at] + value + good[at + len(value) :]


def test_the_encoding_is_strict(ledger):
    leg = make(ledger).leg
    good = backed(ledger, leg)
    assert len(good) == proofs_of_funds.FUNDS_BYTES
    assert proofs_of_funds.encode(proofs_of_funds.decode(good)) == good
    bad = [
        (good[:-1], "ends inside the proof"), (good + b"\0", "1 bytes too many"), (b"zkF0" + good[4:], "zkF1"),
        (spoiled(good, 36, b"\xff" * 32), "root is not below"), (spoiled(good, 68, R.to_bytes(32, "big")), "nullifier"),
        (spoiled(good, 132, b"\x80"), "threshold 0 is above"), (spoiled(good, 260, b"\xff" * 32), "tag"),
        (spoiled(good, 292, b"\xff" * 32), "proof"), (bytes(10_000), "zkF1"),
    ]  # fmt: skip
    for data, why in bad:
        with pytest.raises(FormatError, match=why):
            proofs_of_funds.decode(data)
        assert refusal(place, ledger, leg, funds=data) == Rejection.MALFORMED


def test_an_order_without_funds_shows_nothing():
    assert proofs_of_funds.shown(proofs_of_funds.NO_FUNDS) is None


def test_the_proof_of_the_funds_is_verified_under_the_pools_key(ledger):
    leg = make(ledger).leg
    verified = []

    def refuse_the_second(claims):
        verified.extend(claims)
        if len(verified) > 1:
            raise InvalidProof("no", index=1)

    funds = samples.funds(ledger, leg)
    data = proofs_of_funds.encode(funds)
    assert refusal(place, ledger, leg, funds=data, verify=refuse_the_second) == Rejection.FUNDS_INVALID
    key, inputs, proof = verified[1]
    public = funds.public
    expected = (public.root, public.nullifier, public.context, *public.thresholds, public.tag)
    assert (key, inputs, proof) == (ledger.pool.funds.verifying, expected, funds.proof)


def test_a_context_is_of_one_ledger_and_one_text(ledger):
    names = ["a line of credit", "A line of credit", "a line of credit 2", "Kredit für Zoë", "\u00e9"]
    other = bytes(32)
    contexts = [proofs_of_funds.context(id, name) for name in names for id in (ledger.ledger_id, other)]
    assert len(set(contexts)) == len(contexts) and all(0 <= context < 2**248 for context in contexts)


@pytest.mark.parametrize("text", ["", " x", "x ", "x\n", "x\ty", "e\u0301", "\u202ex", "x" * 257])
def test_a_context_that_could_be_misread_is_refused(ledger, text):
    with pytest.raises(FormatError, match="the context"):
        proofs_of_funds.context(ledger.ledger_id, text)
