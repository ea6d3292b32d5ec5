"""Poseidon's constants from the Grain LFSR, exactly as the designers' script generates them.

The register starts from 80 bits that encode the instance (field, S-box, size of the modulus, width, rounds) and follows
b[i+80] = b[i+62] + b[i+51] + b[i+38] + b[i+23] + b[i+13] + b[i] over GF(2).  These 80 and the next 160 bits are
discarded.  The rest is read in pairs: a pair (1, x) outputs x, a pair (0, x) outputs nothing (a self-shrinking
generator).

Squaring is linear over GF(2), so b[i+80k] = b[i+62k] + ... + b[i] for every k = 2^m: 80k known bits give 18k more
by six shifts of one big integer, and a million bits take about a hundred such steps.

Source: Poseidon (eprint 2019/458), appendix E, and hadeshash `generate_parameters_grain.sage`, whose output for the
scalar field of BN254 is what circomlib uses.
"""

from collections.abc import Iterator

REGISTER_BITS = 80
TAPS = (0, 13, 23, 38, 51, 62)
WARM_UP_BITS = 160
PRIME_FIELD = 1
POWER_SBOX = 0

_FRESH = REGISTER_BITS - max(TAPS)
_ACCEPTANCE_MARGIN = 6  # raw bits generated per bit used: 4 on average, and constants above the modulus are rejected


def _register(modulus_bits: int, width: int, full_rounds: int, partial_rounds: int) -> int:
    """The first 80 bits of the sequence; bit i of the integer is b[i]."""
    spelled = "".join(
        f"{value:0{size}b}"
        for value, size in (
            (PRIME_FIELD, 2), (POWER_SBOX, 4), (modulus_bits, 12), (width, 12), (full_rounds, 10), (partial_rounds, 10),
        )
    )  # fmt: skip
    return int(spelled.ljust(REGISTER_BITS, "1")[::-1], 2)


def _extend(sequence: int, length: int, wanted: int) -> int:
    """Extends the first `length` bits of a sequence to at least `wanted` bits."""
    while length < wanted:
        k = 1 << ((length // REGISTER_BITS).bit_length() - 1)
        past = sequence >> (length - REGISTER_BITS * k)
        fresh = 0
        for tap in TAPS:
            fresh ^= past >> (tap * k)
        sequence |= (fresh & ((1 << (_FRESH * k)) - 1)) << length
        length += _FRESH * k
    return sequence


def _shrunk(byte: int) -> str:
    """The output bits of the four pairs in a byte, lowest pair first."""
    pairs = [(byte >> i & 1, byte >> i + 1 & 1) for i in range(0, 8, 2)]
    return "".join(str(second) for first, second in pairs if first)


_SHRUNK = tuple(_shrunk(byte) for byte in range(256))


def _integers(register: int, modulus_bits: int, expected: int) -> Iterator[int]:
    """An endless sequence of integers of `modulus_bits` bits, most significant bit first."""
    dropped = REGISTER_BITS + WARM_UP_BITS
    raw = _ACCEPTANCE_MARGIN * modulus_bits * expected + dropped
    used = 0
    while True:
        size = raw // 8 + 1
        sequence = _extend(register, REGISTER_BITS, 8 * size) & ((1 << (8 * size)) - 1)
        text = "".join([_SHRUNK[byte] for byte in sequence.to_bytes(size, "little")[dropped // 8 :]])
        while used + modulus_bits <= len(text):
            yield int(text[used : used + modulus_bits], 2)
            used += modulus_bits
        raw *= 2


def _cauchy(numbers: Iterator[int], modulus: int, width: int) -> tuple[tuple[int, ...], ...]:
    """The Cauchy matrix 1 / (x_i + y_j), for numbers that are all distinct and such that no x_i + y_j is 0.

    Every square submatrix of it is invertible.
    """
    while True:
        drawn = [next(numbers) % modulus for _ in range(2 * width)]
        x, y = drawn[:width], drawn[width:]
        if len(set(drawn)) == 2 * width and all((a + b) % modulus for a in x for b in y):
            return tuple(tuple(pow(a + b, -1, modulus) for b in y) for a in x)


def draw(
    modulus: int, width: int, full_rounds: int, partial_rounds: int
) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]:
    """Poseidon's round constants, one row of `width` for each round, and the rows of its MDS matrix."""
    bits = modulus.bit_length()
    rounds = full_rounds + partial_rounds
    numbers = _integers(_register(bits, width, full_rounds, partial_rounds), bits, (rounds + 2) * width)
    below = (number for number in numbers if number < modulus)
    constants = tuple(tuple(next(below) for _ in range(width)) for _ in range(rounds))
    return constants, _cauchy(numbers, modulus, width)
