"""The cells about letters, which carriers move and cannot read."""

from prover.carriers import letters
from prover.carriers.memory import Hub
from prover.trader import addresses, wallets
from tests.observer import classifiers
from tests.observer.who_learns import (
    COUNTERPARTY,
    EVERYBODY,
    GUARDIANS,
    LETTER,
    OWNER,
    PARTIES,
    POST,
    cell,
)  # fmt: skip
from zk import entropy

LETTERS = 300


@cell(LETTER, *PARTIES, says="yes")
def letters_seen(scene, party):
    """Whoever subscribes gets every letter of the ledger, when it is sent."""
    arrived = []
    hub = Hub(bytes(32), lambda: 1, has_threads=False)
    subscription = hub.carrier("any").subscribe(lambda order: None, arrived.append, 0)
    sent = [letters.seal(1, bytes(count), addresses.throwaway(), None, 9) for count in (1, 3_000, 9_000, 60_000)]
    for letter in sent:
        hub.carrier("other").send(letter)
    hub.deliver()
    subscription.close()
    assert arrived == sent and [len(letter) for letter in sent] == [1 << 10, 4 << 10, 16 << 10, 64 << 10]


@cell(POST, EVERYBODY, GUARDIANS, says="no")
def letters_sealed(scene, party):
    """Neither their addresses nor what they say changes anything that is seen."""
    one, other = (wallets.restore(phrase) for phrase in ("abandon " * 23 + "art", "zoo " * 23 + "vote"))
    rows, kinds = [], []
    for number in range(LETTERS):
        to, reply = (one, other)[:: 1 if number % 2 else -1]
        body = b"buy" if number % 2 else bytes(800)
        letter = letters.seal(1, body, addresses.of(to.seed, 0), letters.fresh_address(reply.view), number % 2 * 10**6)
        assert len(letter) == 1 << 10
        rows.append({f"byte {place}": letter[place] for place in (*range(0, 48), *range(48, 1024, 61))})
        kinds.append("buy" if number % 2 else "zeros")
    found = classifiers.accuracies(rows, kinds)
    assert max(found.values()) <= classifiers.bound(2, LETTERS // 2), found


@cell(POST, COUNTERPARTY, says="its own")
def letters_opened(scene, party):
    """Who it is sealed to opens it, and nobody else: the answer goes to an address that is for this letter alone."""
    reader, stranger = (wallets.restore(phrase) for phrase in ("abandon " * 23 + "art", "zoo " * 23 + "vote"))
    reply = letters.fresh_address(stranger.view)
    letter = letters.seal(1, b"buy", addresses.of(reader.seed, 0), reply, 9)
    assert letters.open(reader.view, letter).body == b"buy" and letters.open(stranger.view, letter) is None
    assert letters.open(reader.view, letter).reply == reply
    assert reply not in [addresses.of(stranger.seed, index) for index in range(20)]


@cell(POST, OWNER, says="yes")
def letters_answered(scene, party):
    """What comes to an address that he gave for a letter, he opens; it says to which."""
    owner = wallets.restore("abandon " * 23 + "art")
    reply = letters.fresh_address(owner.view)
    found = letters.open(owner.view, letters.seal(2, b"yes", reply, None, entropy.scalar(99)))
    assert found.body == b"yes" and found.to == reply.owner
