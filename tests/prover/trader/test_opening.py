"""What is sealed, openings and terms: each reads back, and nothing a stranger seals is an error."""

from hypothesis import given
from hypothesis import strategies as st

from circuits import records
from prover.trader import keys, opening, sealing, terms
from zk.curves import babyjubjub
from zk.fields.prime import R

BALANCES = st.lists(st.integers(-(2**63), 2**63 - 1), min_size=16, max_size=16).map(tuple)
ACCOUNTS = st.builds(records.Account, st.integers(0, R - 1), BALANCES, st.integers(0, 2**32 - 1), st.integers(0, R - 1))
CHANGES = st.lists(st.integers(-(2**64) + 1, 2**64 - 1), min_size=16, max_size=16).map(tuple)
SETS = st.one_of(
    st.just((terms.ALONE, 1)),
    st.tuples(st.binary(min_size=16, max_size=16).filter(any), st.integers(2, terms.MAX_LOTS)),
)
TERMS = st.builds(
    lambda changes, blinding, expiry_ms, group: terms.Terms(changes, blinding, expiry_ms, *group),
    CHANGES, st.integers(0, babyjubjub.ORDER - 1), st.integers(0, 2**64 - 1), SETS,
)  # fmt: skip


def padded(data: bytes) -> bytes:
    return data.ljust(sealing.BODY_BYTES, b"\0")


@given(ACCOUNTS, st.integers(0, keys.MAX_INDEX - 1))
def test_an_opening_reads_back(account, index):
    assert opening.decode(padded(opening.encode(account, index))) == (account, index)


@given(TERMS)
def test_terms_read_back(agreed):
    assert terms.decode(padded(terms.encode(agreed)), agreed.expiry_ms) == agreed


def test_terms_of_the_earlier_kind_are_of_an_order_that_stands_alone():
    """Their bytes stand here as the commit bebf202 wrote them: kind 5, no group."""
    changes = (-12_000_000_000, 0, 4_000_000_000, *(0,) * 12, -(2**64) + 1)
    old = b"\5" + b"".join(change.to_bytes(9, "big", signed=True) for change in changes) + (77).to_bytes(32, "big")
    assert len(old) == 177
    read = terms.decode(padded(old), 9)
    assert read == terms.Terms(changes, 77, 9) and not read.is_lot and read.lots == 1
    assert terms.decode(padded(old[:177] + b"\1"), 9) is None, "it has nothing after the blinding"
    assert terms.decode(padded(b"\6" + old[1:]), 9) is None, "a set of no lots"


def test_a_group_and_its_number_of_lots_fit_together():
    alone, group = terms.ALONE, b"g" * 16
    good = padded(terms.encode(terms.Terms((0,) * 16, 1, 0, group, 8)))
    for named, lots, is_right in (
        (alone, 1, True), (alone, 0, False), (alone, 2, False), (group, 1, False), (group, 2, True), (group, 31, True),
        (group, 32, False), (group, 255, False),
    ):  # fmt: skip
        found = terms.decode(good[:177] + named + bytes([lots]) + good[194:], 0)
        assert (found is not None) == is_right == terms.is_set(named, lots), (named, lots)
        assert found is None or (found.group, found.lots, found.is_lot) == (named, lots, lots > 1)


@given(st.binary(min_size=208, max_size=208))
def test_nonsense_is_no_error(data):
    for kind in (bytes([opening.KIND]), bytes([terms.KIND]), b""):
        opening.decode((kind + data)[:208])
        terms.decode((kind + data)[:208], 0)


def test_terms_are_no_opening_and_an_opening_is_no_terms():
    account = records.Account(1, (0,) * 16, 0, 2)
    agreed = terms.Terms((0,) * 16, 1, 0)
    assert terms.decode(padded(opening.encode(account, 0)), 0) is None
    assert opening.decode(padded(terms.encode(agreed))) is None


def test_what_is_out_of_range_or_followed_by_something_is_refused():
    account = records.Account(1, (0,) * 16, 0, 2)
    good = padded(opening.encode(account, 0))
    assert opening.decode(good)
    for start, value in ((5, R), (169, R), (1, 1 << 31 << 224)):
        bad = good[:start] + value.to_bytes(32, "big") + good[start + 32 :]
        assert opening.decode(bad) is None, start
    assert opening.decode(good[:-1] + b"\1") is None
    good = padded(terms.encode(terms.Terms((0,) * 16, 1, 0)))
    assert terms.decode(good, 0)
    assert terms.decode(b"\0" + good[1:], 0) is None
    assert terms.decode(good[:145] + babyjubjub.ORDER.to_bytes(32, "big") + good[177:], 0) is None
    assert terms.decode(good[:1] + (-(2**64)).to_bytes(9, "big", signed=True) + good[10:], 0) is None
    assert terms.decode(good[:-1] + b"\1", 0) is None
