"""Blindings of own legs: the phrase alone gives them again, and nothing else does."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prover.trader import addresses, blinding, keys, plan
from tests.prover.trader import planning
from tests.prover.trader.planning import EXPIRY, OTHER, SEED
from tests.reference import babyjubjub as plain
from tests.reference import blinding as reference
from tests.settlement.bundles import samples
from zk.curves import babyjubjub
from zk.fields.prime import R

pool, held = planning.pool, planning.held

OWN = plan.Target(addresses.of(SEED, 1), 1, keys.blinding_key(SEED, 1))


@settings(max_examples=20)
@given(st.integers(0, keys.MAX_INDEX - 1), st.integers(0, R - 1))
@pytest.mark.parametrize("seed", [SEED, OTHER])
def test_a_blinding_is_the_plain_definitions(seed, index, commitment):
    key = keys.blinding_key(seed, index)
    assert blinding.derive(key, commitment) == reference.blinding(seed.data, index, commitment) < babyjubjub.ORDER
    assert blinding.spending(key, commitment) == reference.spending(seed.data, index, commitment) < babyjubjub.ORDER


def test_the_plain_hkdf_is_that_of_the_rfc():  # RFC 5869, appendix A.1
    prk_info = bytes.fromhex("0b" * 22), bytes(range(13)), bytes(range(0xF0, 0xFA))
    assert reference.hkdf(*prk_info, 42).hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )


def test_a_leg_into_an_own_account_has_the_blinding_that_its_phrase_gives(held):
    setting, source, _ = held
    flow = samples.flow(0, 5, b"bank")
    for made in (
        plan.move(setting, source, OWN, plan.NOTHING, EXPIRY),
        plan.deposit(setting, plan.genesis_source(77), OWN, flow, EXPIRY),
        plan.payment(setting, source, OWN, addresses.of(OTHER, 0), 0, 5, EXPIRY)[0],
    ):
        planning.check(made)
        assert made.blinding == reference.blinding(SEED.data, 1, made.public.commitment)
        assert made.spending == reference.spending(SEED.data, 1, made.public.commitment)
        rk = plain.multiply(made.spending, babyjubjub.BASE8)
        assert rk == (made.public.rk_x, made.public.rk_y)


def test_a_leg_for_somebody_else_has_a_random_one(held):
    setting, source, _ = held
    given_to = plan.payment(setting, source, OWN, addresses.of(OTHER, 0), 0, 5, EXPIRY)[1]
    known = [reference.blinding(seed.data, i, given_to.public.commitment) for seed in (SEED, OTHER) for i in (0, 1)]
    assert given_to.blinding not in known
    (first, alpha), (second, beta) = (blinding.choose(None, 1, 1) for _ in range(2))
    assert first != second and alpha != beta


def test_the_same_action_planned_again_has_another_rho_and_so_another_blinding(held):
    setting, source, _ = held
    first, second = (plan.move(setting, source, OWN, plan.NOTHING, EXPIRY) for _ in range(2))
    assert first.account.rho != second.account.rho
    assert first.blinding != second.blinding and first.spending != second.spending


def test_a_key_that_only_sees_has_nothing_of_the_blinding_keys():
    shared = keys.share_view(SEED, range(3))
    blinding_keys = {keys.blinding_key(SEED, index) for index in range(3)}
    assert len(blinding_keys) == 3
    seen = [getattr(each, field.name) for each in (shared, *shared.accounts) for field in dataclasses.fields(each)]
    for key in blinding_keys:
        assert key not in seen and int.from_bytes(key, "big") not in seen


def test_an_index_out_of_range_is_our_own_bug():
    with pytest.raises(AssertionError):
        keys.blinding_key(SEED, keys.MAX_INDEX)
