"""Blake2b-512 with a state that can be saved and restored, as ceremonies keep it in their transcripts.

`hashlib` has the same hash but no access to its state.  The 216 bytes are those of blake2b-wasm, which snarkjs writes:

    128 bytes buffer | 8 words h | u64 bytes hashed | u64 bytes pending in the buffer | 8 bytes zero

The buffer is not cleared: behind the pending bytes is what was copied there before, which depends on how the message
was split into updates.  To reproduce a transcript byte for byte, split it as the other writer does.  An update with
several whole blocks copies only the last of them into the buffer.  (RFC 7693, section 3; @noble/hashes, "blake2.ts",
for the buffer.)
"""

import struct

import numpy as np

from zk.errors import FormatError
from zk.runtime.jit import inlined, kernel

STATE_BYTES = 216
DIGEST_BYTES = 64
BLOCK_BYTES = 128

_COUNTS = struct.Struct("<QQQ")
_WORDS_AT, _COUNTS_AT = BLOCK_BYTES, BLOCK_BYTES + 64

# RFC 7693, section 2.6: the first 64 bits of the fractional parts of the square roots of the first eight primes.
_IV = np.array(
    [
        0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
        0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
    ],
    dtype=np.uint64,
)  # fmt: skip
_PARAMETERS = np.uint64(0x01010040)  # section 2.5: 64 bytes of digest, no key, fanout 1, depth 1

# RFC 7693, section 2.7; rounds 10 and 11 repeat rounds 0 and 1.
_SIGMA = np.array(
    [[int(digit, 16) for digit in row] for row in (
        "0123456789abcdef", "ea489fd61c02b753", "b8c052fdae367194", "7931dcbe265a40f8", "905724afe1bc683d",
        "2c6a0b834d75fe19", "c51fed4a0763928b", "db7ec13950f4862a", "6fe9b308c2d714a5", "a2847615fb9e3cd0",
        "0123456789abcdef", "ea489fd61c02b753",
    )]
)  # fmt: skip
_IV_WORDS = tuple(_IV)
_ALL_ONES = np.uint64(2**64 - 1)
_ZERO = np.uint64(0)
_R1, _R2, _R3, _R4 = (np.uint64(bits) for bits in (32, 24, 16, 63))
_WORD = np.uint64(64)
_BLOCK = np.uint64(BLOCK_BYTES)


@inlined
def _mix(a, b, c, d, x, y):
    """RFC 7693, section 3.1: the function G on four words of the work vector and two of the message."""
    a = a + b + x
    d ^= a
    d = d >> _R1 | d << _WORD - _R1
    c = c + d
    b ^= c
    b = b >> _R2 | b << _WORD - _R2
    a = a + b + y
    d ^= a
    d = d >> _R3 | d << _WORD - _R3
    c = c + d
    b ^= c
    b = b >> _R4 | b << _WORD - _R4
    return a, b, c, d


@kernel
def _compress(state: np.ndarray, blocks: np.ndarray, hashed: np.uint64, last: np.uint64) -> None:
    """RFC 7693, section 3.2, for consecutive blocks (n, 16); `hashed` is the byte count including the first of them.

    `last` is all ones for the last block of the message, which must then be the only one, else 0.
    """
    for block in range(blocks.shape[0]):
        m = blocks[block]
        v0, v1, v2, v3, v4, v5, v6, v7 = (
            state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7])  # fmt: skip
        v8, v9, v10, v11, v12, v13, v14, v15 = _IV_WORDS
        v12 ^= hashed
        v14 ^= last
        for i in range(12):
            s = _SIGMA[i]
            v0, v4, v8, v12 = _mix(v0, v4, v8, v12, m[s[0]], m[s[1]])
            v1, v5, v9, v13 = _mix(v1, v5, v9, v13, m[s[2]], m[s[3]])
            v2, v6, v10, v14 = _mix(v2, v6, v10, v14, m[s[4]], m[s[5]])
            v3, v7, v11, v15 = _mix(v3, v7, v11, v15, m[s[6]], m[s[7]])
            v0, v5, v10, v15 = _mix(v0, v5, v10, v15, m[s[8]], m[s[9]])
            v1, v6, v11, v12 = _mix(v1, v6, v11, v12, m[s[10]], m[s[11]])
            v2, v7, v8, v13 = _mix(v2, v7, v8, v13, m[s[12]], m[s[13]])
            v3, v4, v9, v14 = _mix(v3, v4, v9, v14, m[s[14]], m[s[15]])
        state[0] ^= v0 ^ v8
        state[1] ^= v1 ^ v9
        state[2] ^= v2 ^ v10
        state[3] ^= v3 ^ v11
        state[4] ^= v4 ^ v12
        state[5] ^= v5 ^ v13
        state[6] ^= v6 ^ v14
        state[7] ^= v7 ^ v15
        hashed += _BLOCK


def _blocks(data: memoryview) -> np.ndarray:
    """Whole blocks as (n, 16) aligned words for the kernel."""
    return np.require(np.frombuffer(data, dtype="<u8").reshape(-1, 16), np.uint64, ["C", "A", "W"])


class Blake2b:
    """An incremental Blake2b-512."""

    def __init__(self) -> None:
        self._words = _IV.copy()
        self._words[0] ^= _PARAMETERS
        self._buffer = bytearray(BLOCK_BYTES)
        self._hashed = 0
        self._pending = 0

    @classmethod
    def restored(cls, state: bytes, what: str) -> "Blake2b":
        """The hash with this saved state.  Raises FormatError, naming `what`, when no hash has such a state."""
        if len(state) != STATE_BYTES:
            raise FormatError(f"{what} has {len(state)} bytes instead of {STATE_BYTES}")
        hashed, pending, rest = _COUNTS.unpack_from(state, _COUNTS_AT)
        if hashed % BLOCK_BYTES or hashed >> 62 or pending > BLOCK_BYTES or rest:
            raise FormatError(f"{what} is not a state of Blake2b")
        restored = cls()
        restored._words = np.frombuffer(state, dtype="<u8", count=8, offset=_WORDS_AT).astype(np.uint64)
        restored._buffer[:] = state[:BLOCK_BYTES]
        restored._hashed, restored._pending = hashed, pending
        return restored

    def state(self) -> bytes:
        """216 bytes from which `restored` continues."""
        counts = _COUNTS.pack(self._hashed, self._pending, 0)
        return bytes(self._buffer) + self._words.astype("<u8").tobytes() + counts

    def update(self, data: bytes | memoryview | np.ndarray) -> None:
        """Append to the message, at about 1 GB/s for long data."""
        rest = memoryview(data.data if isinstance(data, np.ndarray) else data).cast("B")
        while len(rest):
            if self._pending == BLOCK_BYTES:
                self._compress_blocks(memoryview(self._buffer))
                self._pending = 0
            if self._pending == 0 and len(rest) > BLOCK_BYTES:
                whole = (len(rest) - 1) // BLOCK_BYTES * BLOCK_BYTES
                self._compress_blocks(rest[:whole])
                rest = rest[whole:]
            part = rest[: BLOCK_BYTES - self._pending]
            self._buffer[self._pending : self._pending + len(part)] = part
            self._pending += len(part)
            rest = rest[len(part) :]

    def digest(self) -> bytes:
        """The 64 bytes of the hash so far.  More may be appended afterwards."""
        words = self._words.copy()
        last = bytes(self._buffer[: self._pending]).ljust(BLOCK_BYTES, b"\0")
        _compress(words, _blocks(memoryview(last)), np.uint64(self._hashed + self._pending), _ALL_ONES)
        return words.astype("<u8").tobytes()

    def _compress_blocks(self, blocks: memoryview) -> None:
        """Compress whole blocks, none of them the last of the message."""
        _compress(self._words, _blocks(blocks), np.uint64(self._hashed + BLOCK_BYTES), _ZERO)
        self._hashed += len(blocks)
