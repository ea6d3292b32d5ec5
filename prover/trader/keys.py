"""The keys of every account, derived from a seed phrase.

The phrase is 24 words of BIP-39 English (256 bits of entropy); its seed is BIP-39's, with no passphrase.  Each key is
HKDF-SHA256 of the seed under a label that names its purpose and, for account keys, the account's index (RFC 5869):

    ask_i   = 1 + (64 bytes mod l - 1)       spending scalar, l the prime order of Baby Jubjub's subgroup
    AK_i    = ask_i·B8
    nk_i    = 64 bytes mod r                 nullifier key
    owner_i = H[OWNER](AK_i.x, AK_i.y, nk_i)
    key_i   = 32 bytes                          blinding key (prover/trader/blinding.py)

and one X25519 secret for the whole wallet, which finds and opens what is sealed to any of its addresses: each has a
public key on a base of its own (prover/trader/bases.py).  Reducing 512 bits modulo a 254-bit number leaves a bias below
2^-250.

A viewing key is the X25519 key with AK_i and nk_i of some accounts.  It finds what these accounts receive and sees when
they are spent (nk_i gives the nullifiers), but nothing in it gives an ask_i: HKDF's outputs under other labels say
nothing about it, and AK_i hides it behind a discrete logarithm.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from mnemonic import Mnemonic

from circuits import records
from zk import domains, entropy
from zk.curves import babyjubjub
from zk.errors import FormatError, Unsatisfied
from zk.fields.prime import R
from zk.hashes import poseidon

WORDS = 24
ENTROPY_BYTES = 32
WIDE_BYTES = 64
MAX_INDEX = 1 << 31  # an account index is below this


class WatchOnly(Unsatisfied):
    """The wallet has a viewing key instead of a seed: it sees everything and moves nothing."""

    def __init__(self) -> None:
        super().__init__(
            "the wallet is watch-only: it shows what its owner has, but can neither move nor order anything; use the "
            "wallet that its viewing key was made from"
        )


class Secret:
    """A value that must not be shown: its repr is its class name."""

    def __repr__(self) -> str:
        return type(self).__name__


@dataclass(frozen=True, repr=False)
class Seed(Secret):
    """The 64 bytes that BIP-39 derives from a phrase; only `derive` makes one."""

    data: bytes


@dataclass(frozen=True, repr=False)
class AccountKeys(Secret):
    """The keys of one account.  `index` is None for throw-away keys, which no seed derives."""

    index: int | None
    ask: int
    ak: babyjubjub.Point
    nk: int
    owner: int


@dataclass(frozen=True, repr=False)
class WatchedKeys(Secret):
    """What sees one account: its keys without the spending key."""

    index: int
    ak: babyjubjub.Point
    nk: int

    @cached_property
    def owner(self) -> int:
        """The account's owner, which shows that `ak` and `nk` belong together."""
        return records.owner(poseidon.hash, self.ak, self.nk)


@dataclass(frozen=True, repr=False)
class ViewingKey(Secret):
    """What sees a wallet: the secret of its X25519 key, and the keys of some accounts, by their indices."""

    viewing: bytes
    accounts: tuple[WatchedKeys, ...]

    @cached_property
    def by_index(self) -> dict[int, WatchedKeys]:
        """The accounts by their indices."""
        return {account.index: account for account in self.accounts}


View = Seed | ViewingKey
"""What finds and opens a wallet's accounts; only a seed can also spend them."""


def new_phrase() -> str:
    """A fresh seed phrase of 24 words."""
    return _english().to_mnemonic(entropy.token(ENTROPY_BYTES))


def read_phrase(text: str) -> str:
    """The phrase in its one canonical spelling: lower case, single spaces.

    Raises FormatError, without repeating any word, when the count, a word or the checksum is wrong.
    """
    words = text.lower().split()
    if len(words) != WORDS:
        raise FormatError(f"the seed phrase has {len(words)} words instead of {WORDS}")
    english = _english()
    vocabulary = set(english.wordlist)
    for number, word in enumerate(words, start=1):
        if word not in vocabulary:
            raise FormatError(f"word {number} of the seed phrase is not a BIP-39 English word")
    phrase = " ".join(words)
    if not english.check(phrase):
        raise FormatError("the seed phrase's checksum is wrong: a word is mistyped or in the wrong place")
    return phrase


@cache
def _english() -> Mnemonic:
    """The words, which take milliseconds to read."""
    return Mnemonic("english")


@lru_cache(maxsize=16)  # each change of a wallet makes a new one of the same phrase, and stretching it takes a while
def derive(phrase: str) -> Seed:
    """The seed of a canonical phrase.  Raises FormatError as `read_phrase` does."""
    return Seed(Mnemonic.to_seed(read_phrase(phrase)))


def viewing_key(view: View) -> x25519.X25519PrivateKey:
    """The wallet's X25519 key: it opens what is sealed to the wallet and cannot spend."""
    secret = view.viewing if isinstance(view, ViewingKey) else _expand(view, domains.KEYS_VIEWING, 32)
    return x25519.X25519PrivateKey.from_private_bytes(secret)


def watched(view: View, index: int) -> WatchedKeys | AccountKeys | None:
    """The keys that see account `index`, or None when the viewing key does not have them."""
    return view.by_index.get(index) if isinstance(view, ViewingKey) else account(view, index)


def share_view(seed: Seed, indices: Iterable[int]) -> ViewingKey:
    """The viewing key of a wallet for the accounts of these indices."""
    shared = [(index, account(seed, index)) for index in sorted(set(indices))]
    return ViewingKey(
        viewing_key(seed).private_bytes_raw(), tuple(WatchedKeys(index, own.ak, own.nk) for index, own in shared)
    )


def archive_key(viewing: x25519.X25519PrivateKey) -> bytes:
    """The 32 bytes that encrypt the wallet's archive.  Whoever has the viewing key could find its content anyway."""
    return HKDF(hashes.SHA256(), 32, salt=domains.KEYS, info=domains.KEYS_ARCHIVE).derive(viewing.private_bytes_raw())


def beside_key(viewing: x25519.X25519PrivateKey, suffix: str) -> bytes:
    """The 32 bytes that encrypt the file of this suffix beside the wallet (prover/trader/beside.py)."""
    info = domains.KEYS_BESIDE + suffix.encode()
    return HKDF(hashes.SHA256(), 32, salt=domains.KEYS, info=info).derive(viewing.private_bytes_raw())


@lru_cache(maxsize=8192)  # more than the accounts of a wallet: prover/trader/keeping.py
def account(seed: Seed, index: int) -> AccountKeys:
    """The keys of account `index`, 0 <= index < 2^31."""
    assert 0 <= index < MAX_INDEX, "an account index is below 2^31"
    suffix = index.to_bytes(4, "big")
    ask = 1 + int.from_bytes(_expand(seed, domains.KEYS_SPENDING + suffix, WIDE_BYTES), "big") % (babyjubjub.ORDER - 1)
    nk = int.from_bytes(_expand(seed, domains.KEYS_NULLIFIER + suffix, WIDE_BYTES), "big") % R
    return _account_keys(index, ask, nk)


def blinding_key(seed: Seed, index: int) -> bytes:
    """The 32 bytes from which the blindings of the legs that end in account `index` follow."""
    assert 0 <= index < MAX_INDEX, "an account index is below 2^31"
    return _expand(seed, domains.KEYS_BLINDING + index.to_bytes(4, "big"), 32)


def throwaway() -> AccountKeys:
    """Random keys for the empty account that a genesis leg starts from; they never own anything."""
    return _account_keys(None, entropy.scalar(babyjubjub.ORDER), entropy.scalar(R))


def _account_keys(index: int | None, ask: int, nk: int) -> AccountKeys:
    ak = babyjubjub.multiply(ask, babyjubjub.BASE8)
    return AccountKeys(index, ask, ak, nk, records.owner(poseidon.hash, ak, nk))


def _expand(seed: Seed, purpose: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt=domains.KEYS, info=purpose).derive(seed.data)
