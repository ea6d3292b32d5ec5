"""A proof of funds backs one order with what the pool's board asks, and nothing else."""

from dataclasses import replace

import pytest

from settlement import funds as proofs_of_funds
from settlement.ledger import Ledger
from settlement.rejection import Rejection
from tests.settlement import samples
from tests.settlement.boards import backed, place, refusal
from tests.settlement.samples import NOW_MS, make
from zk.errors import FormatError, InvalidProof


@pytest.fixture
def ledger(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", samples.pool(), NOW_MS) as opened:
        yield opened


def test_a_board_that_requires_funds_takes_no_order_without(tmp_path):
    pool = replace(samples.pool(), board=replace(samples.BOARD, funds_required=True))
    with Ledger.create(tmp_path / "strict.sqlite", pool, NOW_MS) as ledger:
        leg = make(ledger).leg
        assert refusal(place, ledger, leg) == Rejection.FUNDS_MISSING
        assert place(ledger, leg, funds=backed(ledger, leg)).is_backed


@pytest.mark.parametrize("asset", [0, 2])
def test_funds_of_any_accepted_asset_back_an_order(ledger, asset):
    leg = make(ledger).leg
    assert place(ledger, leg, funds=backed(ledger, leg, asset)).funds[0] == asset


@pytest.mark.parametrize("changes", [
    {"asset": 1}, {"amount": 99}, {"amount": 101}, {"nullifier": 5}, {"key": bytes(32)}, {"root": 5},
])  # fmt: skip
def test_funds_that_are_not_what_the_board_asks_are_refused(ledger, changes):
    leg = make(ledger).leg
    assert refusal(place, ledger, leg, funds=backed(ledger, leg, **changes)) == Rejection.FUNDS_INVALID


@pytest.mark.parametrize("changes", [
    {"expiry_ms": 1}, {"cash": 0}, {"ciphertexts": (bytes(210),)}, {"flows": (samples.flow(0, 1),)},
])  # fmt: skip
def test_funds_that_could_settle_are_malformed(ledger, changes):
    leg = make(ledger).leg
    assert refusal(place, ledger, leg, funds=backed(ledger, leg, **changes)) == Rejection.MALFORMED


def test_funds_with_a_byte_too_many_or_of_an_asset_that_no_pool_has_are_malformed(ledger):
    leg = make(ledger).leg
    good = backed(ledger, leg)
    assert proofs_of_funds.encode(proofs_of_funds.decode(good)) == good
    for bad in (good[:-1], good + b"\0", b"\x08" + good[1:], good[:1]):
        assert refusal(place, ledger, leg, funds=bad) == Rejection.MALFORMED
    assert refusal(place, ledger, leg, funds=bytes(10_000)) == Rejection.TOO_LARGE
    with pytest.raises(FormatError, match="is empty"):
        proofs_of_funds.decode(b"")


def test_the_proof_of_the_funds_is_verified(ledger):
    leg = make(ledger).leg
    verified = []

    def refuse_the_second(claims):
        verified.extend(claims)
        if len(verified) > 1:
            raise InvalidProof("no", index=0)

    assert refusal(place, ledger, leg, funds=backed(ledger, leg), verify=refuse_the_second) == Rejection.FUNDS_INVALID
