"""Two payers compare what one person gave them, and try to tell that it is one person.

Every address of a wallet had the wallet's one X25519 key, so a glance was enough.  Now each has a key on a base of its
own, and what remains is to seal something to one address that only the owner of the other would find.
"""

from dataclasses import replace

from prover.trader import addresses, opening, sealing, wallets, walletscan
from tests.prover.risks import balances
from zk.fields import prime
from zk.hashes import poseidon

VICTIM = wallets.restore("abandon " * 23 + "art")


def test_two_addresses_of_one_wallet_share_neither_key_nor_owner_nor_text():
    first, second = (addresses.of(VICTIM.seed, index) for index in (0, 1))
    assert first.viewing != second.viewing and first.owner != second.owner
    texts = [addresses.encode(address)[len(addresses.PREFIX) :] for address in (first, second)]
    # By chance, one letter of 32 is the same; a common half would be 51 of 109.
    assert sum(a == b for a, b in zip(*texts, strict=True)) < 20


def test_one_key_on_the_others_base_is_not_the_others_key():
    """With a known logarithm between two bases, one address's key times it would be the other's."""
    first, second = (addresses.of(VICTIM.seed, index) for index in (0, 1))
    ours = [replace(first, viewing=second.viewing), replace(second, viewing=first.viewing)]
    for mixed in ours:
        sealed = sealing.seal(b"found?", mixed, 1)
        opener = sealing.Opener(walletscan.keys.viewing_key(VICTIM.seed))
        assert opener.open(sealed, 1) is None


def test_what_is_sealed_to_one_address_for_the_owner_of_the_other_is_not_found():
    """The recipient would betray himself by using it (Zcash, ZIP 212)."""
    first, second = (addresses.of(VICTIM.seed, index) for index in (0, 1))
    account = walletscan.Account(second.owner, balances(usdc=7), 0, 5)
    leaf = account.commitment(poseidon.hash)

    def found(to: addresses.Address) -> int:
        sealed = sealing.seal(opening.encode(account, 1), to, leaf)
        return len(walletscan.Finder(VICTIM.view, 0).find([(0, prime.to_bytes(leaf), sealed)]))

    assert (found(first), found(second)) == (0, 1)
