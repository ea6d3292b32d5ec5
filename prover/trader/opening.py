"""The opening of a new account, which is sealed to its owner: everything that its commitment hashes.

    kind 1 │ index 4 │ owner 32 │ 16 balances of 8, signed │ guard 4 │ rho 32        201 bytes, big-endian, zeros after

A number after a field's name is its size in bytes.  The value of `kind` is KIND.
`index` is the account's index in the wallet that owns it, or zero from a payer, who cannot know it.  The reader treats
it as a hint and trusts only the owner.
"""

import struct

from circuits import records
from prover.trader import keys
from zk.fields import prime

KIND = 4
_LAYOUT = struct.Struct(f">BI32s{records.ASSETS}qI32s")
BYTES = _LAYOUT.size


def encode(account: records.Account, index: int) -> bytes:
    """The opening in 201 bytes.  Balances are signed 64-bit and the guard unsigned 32-bit, as in every account."""
    owner, rho = prime.to_bytes(account.owner), prime.to_bytes(account.rho)
    return _LAYOUT.pack(KIND, index, owner, *account.balances, account.guard, rho)


def decode(plaintext: bytes) -> tuple[records.Account, int] | None:
    """The account and the index hint, or None when the plaintext is not an opening.

    It raises nothing: a stranger who seals nonsense to a wallet must not be able to stop its sync.
    """
    kind, index, owner, *balances, guard, rho = _LAYOUT.unpack_from(plaintext)
    owner, rho = int.from_bytes(owner, "big"), int.from_bytes(rho, "big")
    if kind != KIND or index >= keys.MAX_INDEX or owner >= prime.R or rho >= prime.R or any(plaintext[_LAYOUT.size:]):
        return None
    return records.Account(owner, tuple(balances), guard, rho), index
