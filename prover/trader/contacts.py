"""The contacts of a wallet: names for addresses, so that nobody pastes 113 characters.

    HOME/wallets/NAME.contacts     {"format": "zksettle-contacts", "version": 1, "contacts": […]}
                                   (prover/trader/beside.py)

Whom somebody trades with is a secret, so the file is encrypted as the wallet is.  A name stands for one address, and an
address has one name; names that differ in case alone are one.

Whoever sends an address may be somebody else.  A fingerprint is short enough to be read out on the telephone:

    SHA-256("zksettle/fingerprint-of-address" ‖ ledger id ‖ owner ‖ viewing), its first 100 bits in base32

Making another address with the same one takes 2^100 attempts.  It is of one ledger, so that nobody compares with the
pool of another operator unnoticed.
"""

import difflib
import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final, Literal

from prover.trader import addresses, beside, keys, readers
from prover.trader.addresses import Address
from settlement.ids import LedgerId
from zk import domains
from zk.errors import FormatError, Unsatisfied
from zk.fields import prime
from zk.formats import dataclassjson, strictjson

FORMAT: Final = "zksettle-contacts"
VERSION: Final = 1
SUFFIX = "contacts"
MAX_CONTACTS = 1024
MAX_BYTES = 1 << 20
GROUPS, GROUP_LETTERS = 5, 4
_LETTERS = GROUPS * GROUP_LETTERS
_WHAT = "the list of contacts"
_NAME = re.compile(r"\w[\w.-]{0,31}")
_Time = Annotated[int, dataclassjson.integer(0, (1 << 63) - 1)]


@dataclass(frozen=True)
class Contact:
    """A name, its address as text, when it was added, and when its fingerprint was compared (0: never)."""

    name: str
    address: str
    added_ms: _Time
    compared_ms: _Time = 0


@dataclass(frozen=True)
class _Record:
    format: Literal["zksettle-contacts"]
    version: Literal[1]
    contacts: Annotated[tuple[Contact, ...], dataclassjson.array(dataclassjson.of(Contact), 0, MAX_CONTACTS)]


def read(wallet: Path, view: keys.View) -> tuple[Contact, ...]:
    """The contacts beside a wallet file, by name.  Raises FormatError when the list is damaged or another wallet's."""
    data = beside.read(wallet, view, SUFFIX, MAX_BYTES)
    if data is None:
        return ()
    kept = dataclassjson.read(_Record, strictjson.loads(data, _WHAT, MAX_BYTES), _WHAT).contacts
    for each in kept:
        check_name(each.name)
        addresses.decode(each.address)
    if len({_folded(each.name) for each in kept}) < len(kept) or len({each.address for each in kept}) < len(kept):
        raise FormatError(f"{_WHAT} has a name or an address twice")
    return tuple(sorted(kept, key=lambda each: _folded(each.name)))


def write(wallet: Path, view: keys.View, kept: Sequence[Contact]) -> None:
    """Replaces the contacts beside a wallet file, which is open.  On return they are on the disk."""
    content = json.dumps(dataclassjson.write(_Record(FORMAT, VERSION, tuple(kept)))).encode()
    beside.write(wallet, view, SUFFIX, content)


def check_name(name: str) -> None:
    """Raises FormatError for what cannot be a contact's name."""
    is_word = _NAME.fullmatch(name) is not None and unicodedata.is_normalized("NFC", name)
    if not is_word or _folded(name) == readers.EVERYBODY or _folded(name).startswith(addresses.PREFIX):
        raise FormatError(
            f"{name[:40]!r} cannot be the name of a contact: take 1 to 32 letters, digits, dots, hyphens and "
            f"underscores, not {addresses.PREFIX}… and not {readers.EVERYBODY}"
        )


def check_text(text: str) -> None:
    """Raises FormatError for what is neither an address nor can be the name of a contact.  It needs no wallet."""
    if text.startswith(addresses.PREFIX):
        addresses.decode(text)
    elif not _NAME.fullmatch(text):
        raise FormatError(
            f"{text[:40]!r} is neither an address, which begins with {addresses.PREFIX}, nor the name of a contact"
        )


def find(kept: Sequence[Contact], name: str) -> Contact:
    """The contact of this name, in whatever case.  Raises FormatError when there is none, and names similar ones."""
    named = {_folded(each.name): each for each in kept}
    if found := named.get(_folded(name)):
        return found
    similar = [named[each].name for each in difflib.get_close_matches(_folded(name), named, 2)]
    hint = f"did you mean {' or '.join(similar)}?" if similar else "`zksettle contact add NAME ADDRESS` adds one"
    raise FormatError(f"this wallet has no contact named {name[:40]!r}: {hint}")


def resolve(kept: Sequence[Contact], text: str) -> Address:
    """The address that a text is, or that the contact of this name has.  Raises FormatError for anything else."""
    check_text(text)
    return addresses.decode(text if text.startswith(addresses.PREFIX) else find(kept, text).address)


def name_of(kept: Sequence[Contact], address: str) -> str | None:
    """The name of the contact with this address, or None."""
    return next((each.name for each in kept if each.address == address), None)


def add(kept: Sequence[Contact], name: str, address: str, now_ms: int) -> tuple[Contact, ...]:
    """The contacts with another one.

    Raises FormatError for a bad name or address, and when the name, or the address, is another contact's already.
    """
    check_name(name)
    addresses.decode(address)
    if twin := next((each for each in kept if _folded(each.name) == _folded(name)), None):
        raise FormatError(f"there is a contact named {twin.name} already: remove or rename it, or take another name")
    if owner := name_of(kept, address):
        raise FormatError(f"that address is {owner}'s already: an address has one name")
    if len(kept) >= MAX_CONTACTS:
        raise FormatError(f"the wallet has {MAX_CONTACTS} contacts, and no more are kept")
    return (*kept, Contact(name, address, now_ms))


def remove(kept: Sequence[Contact], name: str) -> tuple[Contact, ...]:
    """The contacts without one.  Raises FormatError when there is none of this name."""
    gone = find(kept, name)
    return tuple(each for each in kept if each != gone)


def rename(kept: Sequence[Contact], name: str, new: str) -> tuple[Contact, ...]:
    """The contacts, one of them under another name.  Raises FormatError as `find` and `add`."""
    found = find(kept, name)
    *others, _ = add(remove(kept, name), new, found.address, found.added_ms)
    return (*others, replace(found, name=new))


def fingerprint(ledger_id: LedgerId, address: Address) -> str:
    """What two people compare: five groups of four letters, such as "q0wz …"."""
    body = domains.FINGERPRINT + ledger_id + prime.to_bytes(address.owner) + address.viewing
    letters = addresses.letters(hashlib.sha256(body).digest())[:_LETTERS]
    return " ".join(letters[start : start + GROUP_LETTERS] for start in range(0, _LETTERS, GROUP_LETTERS))


def compare(kept: Sequence[Contact], name: str, told: str, ledger_id: LedgerId, now_ms: int) -> tuple[Contact, ...]:
    """The contacts, of which one was compared now, with the fingerprint that its owner told.

    Raises FormatError for what is no fingerprint, and Unsatisfied when it is another one than the address has here.
    """
    found = find(kept, name)
    letters = "".join(told.split()).replace("-", "").lower()
    if len(letters) != _LETTERS or not set(letters) <= addresses.LETTERS:
        raise FormatError(
            f"a fingerprint has {GROUPS} groups of {GROUP_LETTERS} letters, which `zksettle contact fingerprint` shows"
        )
    if letters != fingerprint(ledger_id, addresses.decode(found.address)).replace(" ", ""):
        raise Unsatisfied(
            f"that is not the fingerprint of the address that {found.name} has here: it is somebody else's address, or "
            "one of another pool; do not trade with it before you know which"
        )
    return tuple(replace(each, compared_ms=now_ms) if each == found else each for each in kept)


def _folded(name: str) -> str:
    return name.casefold()
