"""Requests for quote by commands: asked, answered and taken, each by a process that knows only its wallet's files."""


import pytest

from prover.carriers import carrierfile
from prover.carriers import memory as hubs
from prover.carriers.carrier import Unavailable, one_by_one
from prover.machine import clock
from tests.prover.cli.run import as_json, refused, zksettle
from zk.errors import FormatError


@pytest.fixture(scope="module")
def world(home):
    """A home with a pool, a service that carries letters, and two wallets; {name: address}."""
    assert zksettle(home, "pool", "new", "--insecure-dev").code == 0
    addresses = {name: as_json(home, "wallet", "new", name)["address"] for name in ("maker", "asker")}
    assert zksettle(home, "deposit", "30 ETH", "--wallet", "maker").code == 0
    assert zksettle(home, "deposit", "90000 USDC", "--wallet", "asker").code == 0
    hub = hubs.Hub(b"l" * 32, clock.now_ms)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(carrierfile, "opened", lambda named, *_: [hub.carrier(each.url) for each in named])
        yield addresses


MAILBOX = ("--mailbox", "http://127.0.0.1:1")


def rfq(home, name, *arguments):
    return as_json(home, "rfq", *arguments, "--wallet", name, *MAILBOX)


def test_a_request_is_asked_answered_and_taken(home, world):
    assert zksettle(home, "contact", "add", "Acme", world["maker"], "--wallet", "asker").code == 0
    asked = rfq(home, "asker", "ask", "10 ETH", "--for", "USDC", "--to", "Acme", "--expires", "10m", "--no-wait")
    assert asked["lines"] == [{"sizes": {"ETH": "10000000000"}, "paid_in": "USDC"}]
    (waiting,) = rfq(home, "maker", "list")["to_answer"]
    assert waiting["lines"] == asked["lines"] and waiting["request"] != asked["request"]

    answer = ("rfq", "answer", waiting["request"][:8], "--wallet", "maker", *MAILBOX)
    refused(zksettle(home, *answer, "--offer", "30100 USDC", "--bid", "29900 USDC"), 1, "would lack 29,900 USDC")
    quoted = rfq(home, "maker", "answer", waiting["request"][:8], "--offer", "30,100 USDC", "--firm", "10m")
    assert [(each["side"], each["payments"]) for each in quoted["quoted"]] == [("offer", {"USDC": "30100000000"})]
    refused(zksettle(home, *answer, "--offer", "1 USDC"), 1, "was answered before")

    found = rfq(home, "asker", "list", asked["request"][:6])
    assert [(each["maker"], each["contact"]) for each in found["quotes"]] == [(world["maker"], "Acme")]
    assert found["best"]["sell"] is None and found["best"]["buy"]["pays"] == {"USDC": "30100000000"}
    take = ("rfq", "take", asked["request"][:6], "--wallet", "asker", *MAILBOX)
    refused(zksettle(home, *take), 2, "say --buy or --sell")
    refused(zksettle(home, *take, "--buy"), 2, "no terminal to ask on", "--limit")
    refused(zksettle(home, *take, "--buy", "--limit", "30099 USDC"), 1, "above the limit")
    refused(zksettle(home, *take, "--sell", "--yes"), 1, "no quotes are left with which to sell")
    settled = rfq(home, "asker", "take", asked["request"][:6], "--buy", "--limit", "30100 USDC")
    assert not settled["repeated"] and len(settled["positions"]) == 2
    assert rfq(home, "asker", "take", asked["request"][:6], "--buy")["repeated"]
    assert rfq(home, "asker", "list")["own"][0]["taken"] == "buy"
    (quotes,) = rfq(home, "maker", "list")["quoted"]
    assert quotes["sides"][0]["taken_height"] == settled["height"]
    out = zksettle(home, "rfq", "list", "--wallet", "maker", *MAILBOX).out
    assert f"taken at height {settled['height']}" in out and "offer 30,100 USDC" in out


@pytest.mark.parametrize("arguments, code, words", [
    (["10 ETH", "--to", "ADDRESS"], 2, "say what you ask about"),
    (["--to", "ADDRESS", "--for", "USDC"], 2, "say what you ask about"),
    (["10 ETH", "--for", "USDC", "--to", "zks1junk"], 3, "characters instead of"),
    (["10 ETH", "--for", "USDC", "--to", "0,2=ADDRESS"], 3, "are not numbers of lines"),
    (["10 ETH", "--for", "USDC", "--to", "2=ADDRESS"], 3, "about a line that is not there"),
    (["10 ETH", "--for", "USDC", "--to", "ADDRESS", "--to", "ADDRESS"], 2, "a maker is named twice"),
    (["10 ETH", "--for", "USDC", "--to", "ADDRESS", "--to", "Acme"], 3, "a maker is named twice: Acme is another name"),
    (["10 ETH", "--for", "ETH", "--to", "ADDRESS"], 3, "cannot be what it asks for"),
    (["10 ETH", "--against", "1 ETH", "--for", "USDC", "--to", "ADDRESS"], 3, "stands on both sides"),
    (["--line", "10 ETH", "--to", "ADDRESS"], 3, "is not a line"),
    (["10 ETH", "--for", "USDC", "--to", "ADDRESS", "--expires", "2h"], 3, "for at most an hour"),
])  # fmt: skip
def test_a_request_that_makes_no_sense_is_refused_in_one_sentence(home, world, arguments, code, words):
    given = [word.replace("ADDRESS", world["maker"]) for word in arguments]
    refused(zksettle(home, "rfq", "ask", *given, "--wallet", "asker", *MAILBOX, "--no-wait"), code, words)


def test_letters_go_over_the_carriers_that_the_home_names(home, world):
    assert zksettle(home, "carrier", "add", "nostr", "ws://127.0.0.1:1").code == 0
    try:
        as_json(home, "rfq", "ask", "1 ETH", "--for", "USDC", "--to", world["maker"], "--no-wait", "--wallet", "asker")
        assert len(as_json(home, "rfq", "list", "--wallet", "maker")["to_answer"]) == 1
    finally:
        assert zksettle(home, "carrier", "remove", "nostr", "ws://127.0.0.1:1").code == 0


def test_what_no_carrier_took_is_said_and_sent_again_by_the_next_command(home, world, monkeypatch):
    class Away:
        name = "a carrier that is away"

        def send(self, letter):
            raise Unavailable("nobody is there")

        publish = withdraw = send
        carry = one_by_one

        def subscribe(self, *_):
            return hubs.Hub(b"l" * 32, clock.now_ms).carrier("none").subscribe(*_)

        def close(self):
            pass

    ask = ("rfq", "ask", "3 ETH", "--for", "USDC", "--to", world["maker"], "--no-wait", "--wallet", "asker", *MAILBOX)
    with monkeypatch.context() as patch:
        patch.setattr(carrierfile, "opened", lambda *_: [Away()])
        out = zksettle(home, *ask, "--expires", "10m")
        assert out.code == 0 and "No carrier has taken a letter yet: nobody is there" in out.err + out.out
        assert rfq(home, "asker", "list")["own"][-1]["sent"][0]["state"] == "sent"
    assert "3 ETH" not in str(rfq(home, "maker", "list")["to_answer"])
    with monkeypatch.context() as patch:
        later = clock.now_ms() + 3_000
        patch.setattr(clock, "now_ms", lambda: later)
        (letter,) = rfq(home, "asker", "list")["own"][-1]["sent"]
    assert letter["state"] == "carried" and letter["tries"] == 2
    (waiting,) = [each for each in rfq(home, "maker", "list")["to_answer"]
                  if each["lines"][0]["sizes"] == {"ETH": "3000000000"}]  # fmt: skip
    rfq(home, "maker", "answer", waiting["request"][:8], "--offer", "9,100 USDC", "--firm", "10m")
    assert rfq(home, "asker", "list")["own"][-1]["sent"][0]["state"] == "answered"
    assert "1 answered" in zksettle(home, "rfq", "list", "--wallet", "asker", *MAILBOX).out


def test_letters_need_a_carrier(home, world):
    refused(zksettle(home, "rfq", "list", "--wallet", "asker"), 3, "name the service with --mailbox URL")


def test_a_line_is_amounts_of_either_sign_and_what_it_is_paid_in(home, world):
    asked = rfq(home, "asker", "ask", "--line", "1,000 USDC, -2 BTC for XAU", "--line", "-3 ETH for XAU", "--to",
                f"2={world['maker']}", "--to", f"1={world['asker']}", "--no-wait")  # fmt: skip
    assert asked["lines"] == [
        {"sizes": {"USDC": "1000000000", "BTC": "-200000000"}, "paid_in": "XAU"},
        {"sizes": {"ETH": "-3000000000"}, "paid_in": "XAU"},
    ]


@pytest.mark.parametrize("text, slots", [("5 USDC", (0, 5_000_000)), ("-5 USDC", (0, -5_000_000)), ("0 ETH", (2, 0))])
def test_a_payment_has_a_sign_and_may_be_nothing(home, world, text, slots):
    from prover import desk, quoting
    from tests.prover.cli.conftest import PASSPHRASE

    with desk.open(home, "asker", PASSPHRASE) as asker:
        assert quoting.signed_amount(asker.pool, text) == slots
        with pytest.raises(FormatError):
            quoting.signed_amount(asker.pool, f"-{text}-")
