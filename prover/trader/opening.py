"""What is sealed to the owner of a new account: everything that its commitment opens to.

    kind 1 │ index 4 │ owner 32 │ 8 balances of 8, signed │ epoch 8 │ rho 32        141 bytes, big-endian, zeros after

`index` is the account's index in the wallet that owns it, or zero from a payer who cannot know it; the reader takes
it as a hint and believes the owner only.
"""

import struct

from circuits import records
from prover.trader import keys
from zk.fields import prime

KIND = 1
_LAYOUT = struct.Struct(">BI32s8qQ32s")


def encode(account: records.Account, index: int) -> bytes:
    """141 bytes.  The balances are signed 64-bit and the epoch is unsigned 64-bit, as in every account."""
    owner, rho = prime.to_bytes(account.owner), prime.to_bytes(account.rho)
    return _LAYOUT.pack(KIND, index, owner, *account.balances, account.epoch, rho)


def decode(plaintext: bytes) -> tuple[records.Account, int] | None:
    """The account and the index hint, or None when the plaintext is something else.

    What comes from a stranger is never an error: whoever seals nonsense to a wallet must not be able to stop it.
    """
    kind, index, owner, *balances, epoch, rho = _LAYOUT.unpack_from(plaintext)
    owner, rho = int.from_bytes(owner, "big"), int.from_bytes(rho, "big")
    if kind != KIND or index >= keys.MAX_INDEX or owner >= prime.R or rho >= prime.R or any(plaintext[_LAYOUT.size:]):
        return None
    return records.Account(owner, tuple(balances), epoch, rho), index
