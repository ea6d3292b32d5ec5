"""What a relay does with the events of suspects: what was false is not looked at again, and honest desks come first."""

import asyncio
from concurrent.futures import Future

import pytest

from prover.carriers.checker import Checker
from prover.carriers.meters import Meters
from prover.carriers.nostrpolicy import Policy
from prover.network.service import trust
from prover.network.service.peers import Peers, Rate
from prover.network.service.trust import Allowance
from settlement.errors import Unavailable
from settlement.rejection import Rejected, Rejection
from tests.prover.carriers.sites import Nostr, now_ms
from tests.prover.carriers.test_nostr import event


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = Nostr(tmp_path_factory.mktemp("site"))
    yield made
    made.close()


class Checks:
    """A checker that finds false what it is told to, and notes what it is asked."""

    def __init__(self):
        self.false, self.asked, self.has_time = set(), [], True

    def is_known(self, order_id, epoch):
        return False

    def check_time(self):
        if not self.has_time:
            raise Unavailable("come again later")

    def order(self, data, *, is_suspect):
        self.asked.append(is_suspect)
        done = Future()
        if data in self.false:
            done.set_exception(Rejected(Rejection.INVALID_PROOF, "leg 0: its proof does not verify"))
        else:
            done.set_result(None)
        return done


class Store:
    async def delete_events(self, wanted):
        pass


@pytest.fixture
def checks():
    return Checks()


@pytest.fixture
def refusal(site, checks):
    """Why an order from a peer is refused, or None."""
    policy = Policy(site.ledger_id, checks, Store(), Peers(Rate(1 << 20, 1 << 20)), Meters(), now_ms)

    def ask(peer, order):
        return asyncio.run(policy._refusal(event(site, order), peer))

    return ask


def junk(site, checks):
    made = site.order()
    checks.false.add(made)
    return made


def test_what_was_false_is_not_verified_again_whoever_sends_it(site, checks, refusal):
    false = junk(site, checks)
    first = refusal("192.0.2.1", false)
    assert first == "blocked: INVALID_PROOF: leg 0: its proof does not verify" and checks.asked == [False]
    assert refusal("192.0.2.2", false) == first and checks.asked == [False]


def test_who_sent_a_false_proof_is_checked_alone_until_his_time_is_spent_and_others_never_wait(site, checks, refusal):
    assert refusal("192.0.2.1", site.order()) is None
    refusal("192.0.2.9", junk(site, checks))
    assert refusal("192.0.2.8", site.order()) is None and checks.asked == [False, False, False]
    refusal("192.0.2.7", junk(site, checks))
    assert refusal("192.0.2.7", junk(site, checks)) and checks.asked[3:] == [False, True]
    checks.has_time = False
    assert refusal("192.0.2.7", site.order()) == "rate-limited: come again later"
    assert refusal("192.0.2.1", site.order()) is None and checks.asked[5:] == [False]


def test_junk_over_ever_new_connections_makes_every_stranger_wait_and_no_desk_that_is_known(site, checks, refusal):
    assert refusal("127.0.0.1", site.order()) is None
    for number in range(5):
        refusal(f"127.0.1.{number}", junk(site, checks))
    assert checks.asked[-1] is True
    checks.has_time = False
    assert refusal("127.0.2.1", site.order()).startswith("rate-limited:")
    assert refusal("127.0.0.1", site.order()) is None


def test_when_the_time_of_suspects_is_spent_a_checker_takes_none(monkeypatch):
    allowance = Allowance()
    checker = Checker(lambda: None, now_ms, allowance=allowance)
    try:
        checker.check_time()
        monkeypatch.setattr(trust, "MOST_NS", -(10**9))
        for ask in (checker.check_time, lambda: checker.order(b"", is_suspect=True)):
            with pytest.raises(Unavailable, match="verified last"):
                ask()
        assert not checker._suspected
    finally:
        checker.close()
