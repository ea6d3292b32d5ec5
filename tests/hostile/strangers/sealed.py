"""Addresses, and what is sealed to a wallet: ciphertexts as they are, terms and openings inside good ciphertexts."""

from collections.abc import Callable
from functools import cache

from circuits import records
from prover.trader import addresses, keys, opening, sealing, terms
from prover.trader.terms import Terms
from tests.hostile.strangers import fields
from tests.hostile.strangers.fields import Parts
from tests.hostile.strangers.target import Target
from zk import entropy
from zk.errors import FormatError
from zk.fields import prime

SEED = keys.derive("abandon " * 23 + "art")
COMMITMENT = 12345
EXPIRY_MS = 1_800_000_000_000
SECRET_TEXT = b"what was sealed"
_ADDRESS = (("owner", 32), ("viewing", 32), ("checksum", 4))


def _split(data: bytes, sizes: tuple[tuple[str, int], ...]) -> Parts:
    parts, place = [], 0
    for name, size in sizes:
        parts.append((name, data[place : place + size]))
        place += size
    return [*parts, ("rest", data[place:])] if place < len(data) else parts


def good_address() -> dict[str, Parts]:
    """An address, as its letters."""
    text = addresses.encode(addresses.of(SEED, 0)).encode()
    return {"address": _split(text, (("prefix", 4), ("owner", 51), ("viewing", 51), ("checksum", 7)))}


def use_address(data: bytes, _: bool) -> None:
    """Reads the address, which has no other spelling, and seals something to it."""
    text = data.decode("utf-8", "replace")
    address = addresses.decode(text)
    assert addresses.encode(address) == text, "an address has two spellings"
    sealing.seal(SECRET_TEXT, address, COMMITMENT)


def good_body() -> dict[str, Parts]:
    """What the letters of an address say, without the checksum."""
    mine = addresses.of(SEED, 0)
    return {"body": [("owner", prime.to_bytes(mine.owner)), ("viewing", mine.viewing)]}


def joined_body(parts: Parts) -> bytes:
    """The letters of an address that says this, with a right checksum."""
    body = fields.joined(parts)
    return (addresses.PREFIX + addresses.letters(body + addresses._checksum(body))).encode()


@cache
def opener() -> sealing.Opener:
    """The wallet's opener."""
    return sealing.Opener(keys.viewing_key(SEED))


def good_sealing() -> dict[str, Parts]:
    """A ciphertext as it lies on the ledger."""
    sealed = sealing.seal(SECRET_TEXT, addresses.of(SEED, 0), COMMITMENT)
    return {"sealed": _split(sealed, (("point", sealing.POINT_BYTES), ("view tag", sealing.VIEW_TAG_BYTES)))}


def use_sealing(data: bytes, _: bool) -> None:
    """Opens the ciphertext: nothing, or what was sealed."""
    found = opener().open(data, COMMITMENT)
    if found is None:
        raise FormatError("it is not sealed to this wallet")
    assert found.body.rstrip(b"\0") == SECRET_TEXT, "another text was opened"


def good_terms() -> dict[str, Parts]:
    """The terms of an order, field by field, with the zeros after them."""
    plain = terms.encode(Terms((-3_000, 0, 1, *(0,) * 13), 12345, EXPIRY_MS, b"a group of lots.", 8))
    changes = [(f"change {i}", terms.CHANGE_BYTES) for i in range(records.ASSETS)]
    return {"terms": _split(_padded(plain), (("kind", 1), *changes, ("blinding", 32), ("group", 16), ("lots", 1)))}


def good_opening() -> dict[str, Parts]:
    """The opening of an account, field by field, with the zeros after it."""
    account = records.Account(keys.account(SEED, 3).owner, (5, 0, *(0,) * 6, -1, *(0,) * 7), 7, entropy.scalar(prime.R))
    balances = [(f"balance {i}", 8) for i in range(records.ASSETS)]
    sizes = (("kind", 1), ("index", 4), ("owner", 32), *balances, ("guard", 4), ("rho", 32))
    return {"opening": _split(_padded(opening.encode(account, 3)), sizes)}


def _use_inside(decode: Callable, encode: Callable) -> Callable[[bytes, bool], None]:
    """Seals what a stranger wrote to the wallet, which opens and reads it."""

    def use(data: bytes, _: bool) -> None:
        plain = data[: sealing.BODY_BYTES].ljust(sealing.BODY_BYTES, b"\0")
        sealed = sealing.seal(plain, addresses.of(SEED, 0), COMMITMENT)
        opened = opener().open(sealed, COMMITMENT)
        assert opened is not None and opened.body == plain
        found = decode(opened.body)
        if found is None:
            raise FormatError("the wallet ignores it")
        assert _padded(encode(found)) == plain, "the same text has two meanings"

    return use


def _todays_terms(plain: bytes) -> Terms | None:
    """The terms; those of the earlier kind, which nobody writes any more, are none here."""
    return terms.decode(plain, EXPIRY_MS) if plain[0] == terms.KIND else None


def _padded(plain: bytes) -> bytes:
    return plain.ljust(sealing.BODY_BYTES, b"\0")


ADDRESS = Target("address", good_address, use_address)
ADDRESS_BODY = Target("address-body", good_body, use_address, joined=joined_body)
SEALED = Target("sealed", good_sealing, use_sealing)
TERMS = Target("terms", good_terms, _use_inside(_todays_terms, terms.encode))
OPENING = Target("opening", good_opening, _use_inside(opening.decode, lambda found: opening.encode(*found)))
