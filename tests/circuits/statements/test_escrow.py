"""escrow: what is sealed opens to the account, by a second implementation too, and no lie passes."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import escrow, guardsamples
from circuits.guardsamples import put
from circuits.records import Account
from tests.circuits.statements.lies import verdicts
from tests.reference import babyjubjub as slow_curve
from tests.reference import escrow as slow
from zk.curves import babyjubjub
from zk.errors import FormatError
from zk.fields.prime import R
from zk.hashes import poseidon

SECRET, KEY = guardsamples.GUARDIAN_SECRET, guardsamples.GUARDIAN_KEY
ACCOUNT = guardsamples.honest_escrow()[1].account


def test_an_honest_escrow_satisfies_claim_and_constraints():
    assert verdicts("escrow", *guardsamples.honest_escrow()) == (None, None)


EDGES = [0, 1, 2, 3, 4, babyjubjub.ORDER - 1, babyjubjub.ORDER, 1 << 250, (1 << 250) + 12345, (1 << 251) - 1]


@pytest.mark.parametrize("e", EDGES)
def test_any_ephemeral_secret_seals_what_the_definition_opens(e):
    """Also 0 and l, whose points are the identity, and those whose windows add equal or opposite points."""
    public, private = guardsamples.escrow_claim(ACCOUNT, e)
    assert verdicts("escrow", public, private) == (None, None)
    escrowed = escrow.encrypt(ACCOUNT, e, KEY)
    assert escrowed.ephemeral == slow_curve.multiply(e, babyjubjub.BASE8)
    owner, balances, rho = slow.open(SECRET, escrowed.ephemeral, escrowed.ciphertext)
    assert (owner, balances, rho) == (ACCOUNT.owner, ACCOUNT.balances, ACCOUNT.rho)
    assert slow.commitment(owner, balances, ACCOUNT.guard, rho) == public.commitment
    assert slow.digest(KEY, escrowed.ephemeral, escrowed.ciphertext) == public.digest


balances = st.lists(
    st.sampled_from([-(2**63), -1, 0, 1, 2**63 - 1]) | st.integers(-(2**63), 2**63 - 1), min_size=16, max_size=16
)


@settings(max_examples=30)
@given(st.integers(0, R - 1), balances, st.integers(0, 2**32 - 1), st.integers(0, R - 1), st.integers(1, 2**250))
def test_every_account_is_opened_alike_by_us_and_by_the_definition(owner, balances, guard, rho, e):
    account = Account(owner, tuple(balances), guard, rho)
    escrowed = escrow.encrypt(account, e, KEY)
    assert all(0 <= c < R for c in escrowed.ciphertext)
    assert slow.open(SECRET, escrowed.ephemeral, escrowed.ciphertext) == (owner, tuple(balances), rho)
    shared = babyjubjub.multiply(SECRET, escrowed.ephemeral)
    assert escrow.decrypt(shared, escrowed.ciphertext, guard) == account


def test_another_key_opens_nothing():
    escrowed = escrow.encrypt(ACCOUNT, 5, KEY)
    with pytest.raises(FormatError, match="does not hold an account under this key"):
        escrow.decrypt(babyjubjub.multiply(SECRET + 1, escrowed.ephemeral), escrowed.ciphertext, 7)


def test_the_unused_room_of_the_last_element_must_be_empty():
    escrowed = escrow.encrypt(ACCOUNT, 5, KEY)
    shared = babyjubjub.multiply(SECRET, escrowed.ephemeral)
    *others, last = escrowed.ciphertext
    for added in (1 << 64, 1 << 250):
        with pytest.raises(FormatError):
            escrow.decrypt(shared, (*others, (last + added) % R), 7)


@pytest.mark.parametrize("key", [babyjubjub.IDENTITY, (0, R - 1), babyjubjub.GENERATOR])
def test_a_key_of_another_order_is_refused_where_keys_are_read_and_not_in_the_circuit(key):
    assert verdicts("escrow", *guardsamples.escrow_claim(ACCOUNT, gk=key)) == (None, None)
    with pytest.raises(FormatError):
        babyjubjub.point(*key, "the guardians' key")


def off_the_curve(public, private):
    return guardsamples.escrow_claim(private.account, private.e, (private.gk[0], private.gk[1] + 1))


def sealed(**changes):
    """The honest commitment, and the digest of a ciphertext of something else."""

    def lie(public, private):
        account = replace(private.account, **changes)
        other, _ = guardsamples.escrow_claim(account, private.e, private.gk)
        return replace(public, digest=other.digest), private

    return lie


def balance(index, value):
    def lie(public, private):
        account = replace(private.account, balances=put(private.account.balances, index, value))
        digest = public.digest if abs(value) > 2**64 else guardsamples.escrow_claim(account)[0].digest
        commitment = account.commitment(poseidon.hash)
        return replace(public, commitment=commitment, digest=digest), replace(private, account=account)

    return lie


def nonsense(public, private):
    escrowed = escrow.encrypt(private.account, private.e, private.gk)
    digest = escrow.digest(private.gk, escrowed.ephemeral, [1] * 8)
    return replace(public, digest=digest), private


def own_key(public, private):
    """Sealed to a key of the prover's own; the digest is for the guardians'."""
    own = babyjubjub.multiply(9, babyjubjub.BASE8)
    escrowed = escrow.encrypt(private.account, private.e, own)
    digest = escrow.digest(private.gk, escrowed.ephemeral, escrowed.ciphertext)
    return replace(public, digest=digest), replace(private, gk=own)


LIES = [  # the lie                                                                  why it must fail
    ("another commitment", lambda p, s: (replace(p, commitment=1), s), "commitment"),
    ("another guard", lambda p, s: (p, replace(s, account=replace(s.account, guard=0))), "commitment"),
    *((f"balance {i} is {v}", balance(i, v), "balances") for i in (0, 7, 15) for v in (2**63, -(2**63) - 1, R // 2)),
    ("a key off the curve", off_the_curve, "guardian key"),
    ("an e of 252 bits", lambda p, s: guardsamples.escrow_claim(s.account, s.e + (1 << 251)), "ephemeral secret"),
    ("another e", lambda p, s: (p, replace(s, e=s.e + 1)), "digest"),
    ("another digest", lambda p, s: (replace(p, digest=1), s), "digest"),
    ("nonsense", nonsense, "digest"),
    ("a key of one's own", own_key, "digest"),
    ("another owner", sealed(owner=1), "digest"),
    ("another rho", sealed(rho=1), "digest"),
    *((f"another balance {i}", sealed(balances=put(ACCOUNT.balances, i, 11)), "digest") for i in range(16)),
]  # fmt: skip


@pytest.mark.parametrize("lie, why", [lie[1:] for lie in LIES], ids=[lie[0] for lie in LIES])
def test_claim_and_constraints_refuse_a_lie_alike(lie, why):
    assert verdicts("escrow", *lie(*guardsamples.honest_escrow())) == (why, why)


def test_the_guard_is_outside_the_ciphertext():
    """It is public in the leg; the same opening under another guard has the same digest."""
    one, other = (guardsamples.escrow_claim(replace(ACCOUNT, guard=guard))[0] for guard in (1, 2))
    assert one.digest == other.digest and one.commitment != other.commitment


def test_no_repr_shows_a_secret():
    assert repr(guardsamples.honest_escrow()[1]) == "Private"
