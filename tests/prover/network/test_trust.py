"""Who is known, who is a suspect, and what suspects cost everybody else: next to nothing, from any address."""


import pytest

from prover.network.service import peers, trust
from prover.network.service.standing import Standing
from prover.network.service.together import Shared
from prover.network.service.trust import KNOWN_MS, MOST_NS, SHARE, SUSPECT, Allowance, Remembered, Trust
from settlement.rejection import Rejected, Rejection


class Clock:
    now = 0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def made(clock):
    return Trust(Standing(clock), clock)


def test_who_sent_a_false_proof_is_a_suspect_until_most_of_it_is_forgotten(made, clock):
    assert not made.is_suspect("one") and made.level("one") == 0
    made.refused("one")
    assert made.is_suspect("one") and made.level("one") >= SUSPECT and not made.is_suspect("other")
    clock.now = 40_000
    assert not made.is_suspect("one")


def test_false_proofs_of_ever_new_addresses_make_all_strangers_suspects_and_nobody_who_is_known(made, clock):
    made.took("desk")
    for number in range(3):
        assert not made.is_suspect("new")
        made.refused(f"2001:db8:0:{number}::/64")
    assert made.is_suspect("new") and made.level("new") == SUSPECT
    assert not made.is_suspect("desk") and made.level("desk") == 0
    clock.now = 60_000
    assert not made.is_suspect("new")


def test_who_was_known_is_a_suspect_with_his_first_false_proof_and_leaves_strangers_alone(made):
    for number in range(20):
        made.took(f"{number}")
        made.refused(f"{number}")
        assert made.is_suspect(f"{number}") and not made.is_known(f"{number}")
    assert not made.is_suspect("new")
    made.took("0")  # again
    assert not made.is_suspect("0")


def test_nobody_is_known_for_longer_than_a_day(made, clock):
    made.took("one")
    clock.now = KNOWN_MS - 1
    assert made.is_known("one")
    clock.now = KNOWN_MS
    assert not made.is_known("one")


def test_who_is_known_and_reads_much_still_comes_before_every_suspect(clock):
    standings = Standing(clock)
    made = Trust(standings, clock)
    standings.add("desk", 100_000)
    assert made.is_suspect("desk")
    made.took("desk")
    assert made.level("desk") == SUSPECT - 1 and not made.is_suspect("desk")


def test_two_processes_know_the_same(clock):
    shared = Shared(2, peers.BUCKET_WORDS)
    one, other = (Trust(Standing(clock, shared), clock, shared) for _ in range(2))
    one.took("desk")
    assert other.is_known("desk")
    other.refused("desk")
    assert not one.is_known("desk") and one.is_suspect("desk")


def test_suspects_get_a_share_of_the_time(clock):
    made = Allowance(clock)
    spent = 0
    while not made.debt_ms():
        with made.spending():
            clock.now += MOST_NS // 10
        spent += MOST_NS // 10
    assert MOST_NS < spent <= 1.3 * MOST_NS
    waited = made.debt_ms() * SHARE * 1_000_000
    clock.now += waited - 1_000_000
    assert made.debt_ms()
    clock.now += 1_000_000
    assert not made.debt_ms()
    clock.now += 10**12
    with made.spending():  # what was saved up is not more than MOST_NS
        clock.now += 2 * MOST_NS
    assert made.debt_ms() == MOST_NS // 1_000_000


def test_time_counts_also_where_the_check_fails(clock):
    made = Allowance(clock)
    with pytest.raises(ValueError), made.spending():
        clock.now += 2 * MOST_NS
        raise ValueError
    assert made.debt_ms()


def test_only_false_proofs_are_remembered_and_the_oldest_forgotten(monkeypatch):
    monkeypatch.setattr(trust, "MAX_REMEMBERED", 2)
    made = Remembered()
    made.add(b"late", Rejected(Rejection.TERMS_SIGNATURE, "not signed within the last minutes"))
    made.check(b"late")
    for data in (b"one", b"two"):
        made.add(data, Rejected(Rejection.INVALID_PROOF, f"of {data!r}"))
    with pytest.raises(Rejected, match="of b'one'") as told:
        made.check(b"one")
    assert told.value.rejection is Rejection.INVALID_PROOF
    made.add(b"three", Rejected(Rejection.FUNDS_INVALID, ""))
    made.check(b"two")
    for data in (b"one", b"three"):
        with pytest.raises(Rejected):
            made.check(data)
