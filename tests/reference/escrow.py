"""An escrowed account, opened from the definition with the guardians' secret key.  Imports nothing of ours.

    S = gk E;  k = Poseidon's permutation of (8, S.x, S.y, 0, 0, 0, 0, 0, 0);  m_i = c_i - k_i for i = 1 … 8
    m = (owner, rho, six elements of three balances, each balance plus 2^63 in 64 bits, lowest first)
"""

from functools import cache

from tests.reference import babyjubjub, poseidon

R = babyjubjub.R
TAG_ACCOUNT, TAG_BALANCES, TAG_STREAM, TAG_ESCROW = 2, 7, 8, 9
PARTIAL_ROUNDS = {5: 60, 9: 63, 13: 65, 17: 68}


@cache
def _instance(width):
    return poseidon.grain(R, width, 8, PARTIAL_ROUNDS[width])


def _permute(state):
    constants, matrix = _instance(len(state))
    return poseidon.permutation(state, R, constants, matrix, 8)


def _hash(tag, *inputs):
    return _permute([tag, *inputs])[0]


def commitment(owner, balances, guard, rho):
    return _hash(TAG_ACCOUNT, owner, _hash(TAG_BALANCES, *balances), guard, rho)


def digest(guard_key, ephemeral, ciphertext):
    return _hash(TAG_ESCROW, *guard_key, *ephemeral, *ciphertext)


def open(secret, ephemeral, ciphertext):
    """(owner, balances, rho)"""
    x, y = babyjubjub.multiply(secret, ephemeral)
    stream = _permute([TAG_STREAM, x, y, 0, 0, 0, 0, 0, 0])
    owner, rho, *packed = ((c - k) % R for c, k in zip(ciphertext, stream[1:], strict=True))
    balances = [number // 2 ** (64 * k) % 2**64 - 2**63 for number in packed for k in range(3)]
    return owner, tuple(balances[:16]), rho
