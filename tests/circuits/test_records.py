"""The formulas of records.py, each written out again with its tag, and the kinds of account told apart."""

from circuits import records
from circuits.records import Account
from zk.hashes import poseidon

hash = poseidon.hash
BALANCES = tuple(range(100, 116))
CASH, MARGINED = Account(11, BALANCES, 0, 22), Account(11, BALANCES, 3, 22)


def test_a_commitment_has_two_levels():
    for account, guard in ((CASH, 0), (MARGINED, 3)):
        assert account.commitment(hash) == hash((11, hash(BALANCES, 7), guard, 22), 2)


def test_owner_nullifier_residual_and_node_have_their_own_tags():
    assert records.owner(hash, (1, 2), 3) == hash((1, 2, 3), 1)
    assert records.nullifier(hash, 4, 5, 6) == hash((4, 5, 6), 3)
    assert records.residual_rho(hash, 7, 8) == hash((7, 8), 10)
    assert records.node(hash, (1, 2, 3, 4)) == hash((1, 2, 3, 4), 4)


def test_kappa_is_the_nullifier_key_of_a_cash_account_and_the_rho_of_a_margined_one():
    assert records.kappa(CASH, 99) == 99
    assert records.kappa(MARGINED, 99) == 22


def test_a_repr_shows_nothing_of_an_account():
    assert repr(CASH) == "Account(...)"
