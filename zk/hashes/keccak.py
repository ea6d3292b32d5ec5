"""Keccak-256 as Ethereum has it: SHA-3 before NIST changed the padding.  Pure Python, for a function's selector.

The state is 25 words of 64 bits, word x + 5y at column x and row y; a round is θ, ρ, π, χ, ι.  Source: "The Keccak
reference", version 3.0, sections 1.2 and 1.4, and FIPS 202, section 3.2, for the constants' generators.
"""

_RATE_BYTES, _DIGEST_BYTES = 136, 32
_MASK = (1 << 64) - 1
_ORIGINAL_PADDING, _SHA3_PADDING = 0x01, 0x06


def _round_constants() -> list[int]:
    """ι's 24 words: bit 2^j - 1 of word i is the bit 7i + j of the register x^8 + x^6 + x^5 + x^4 + 1."""
    bits, register = [], 1
    for _ in range(7 * 24):
        bits.append(register & 1)
        register = register << 1 ^ (0x171 if register >> 7 else 0)
    return [sum(bits[7 * i + j] << (1 << j) - 1 for j in range(7)) for i in range(24)]


def _moves() -> list[tuple[int, int, int]]:
    """ρ and π: (from, to, how far to the left) for every word."""
    moves, x, y = [(0, 0, 0)], 1, 0
    for t in range(24):
        following = y, (2 * x + 3 * y) % 5
        moves.append((x + 5 * y, following[0] + 5 * following[1], (t + 1) * (t + 2) // 2 % 64))
        x, y = following
    return moves


_CONSTANTS, _MOVES = _round_constants(), _moves()


def _rotate(word: int, distance: int) -> int:
    return (word << distance | word >> 64 - distance) & _MASK


def _permute(state: list[int]) -> list[int]:
    """Keccak-f[1600]."""
    for constant in _CONSTANTS:
        parity = [state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in range(5)]
        spread = [parity[x - 1] ^ _rotate(parity[(x + 1) % 5], 1) for x in range(5)]
        moved = [0] * 25
        for origin, target, distance in _MOVES:
            moved[target] = _rotate(state[origin] ^ spread[origin % 5], distance)
        state = [
            word ^ ~moved[i - i % 5 + (i + 1) % 5] & moved[i - i % 5 + (i + 2) % 5] for i, word in enumerate(moved)
        ]
        state[0] ^= constant
    return state


def _sponge(data: bytes, padding: int) -> bytes:
    """32 bytes squeezed out of the data, after which `padding` begins the last block's filling."""
    padded = bytearray(data) + bytearray(_RATE_BYTES - len(data) % _RATE_BYTES)
    padded[len(data)] ^= padding
    padded[-1] ^= 0x80
    state = [0] * 25
    for start in range(0, len(padded), _RATE_BYTES):
        for i in range(_RATE_BYTES // 8):
            state[i] ^= int.from_bytes(padded[start + 8 * i : start + 8 * i + 8], "little")
        state = _permute(state)
    return b"".join(word.to_bytes(8, "little") for word in state)[:_DIGEST_BYTES]


def digest(data: bytes) -> bytes:
    """The 32 bytes of Keccak-256."""
    return _sponge(data, _ORIGINAL_PADDING)
