"""The two prime fields of BN254, and the only functions that parse a field element.

BN254 is also called alt_bn128 (EIP-196) and bn128 (circom).  With x = 4965661367192848881,
p = 36x^4 + 36x^3 + 24x^2 + 6x + 1 is the base field's modulus, and r = 36x^4 + 36x^3 + 18x^2 + 6x + 1, the order of the
groups, is that of the scalar field: of witnesses and constraints.
"""

import re
from dataclasses import dataclass

from zk.errors import FormatError

BN_X = 4965661367192848881
P = 36 * BN_X**4 + 36 * BN_X**3 + 24 * BN_X**2 + 6 * BN_X + 1
R = 36 * BN_X**4 + 36 * BN_X**3 + 18 * BN_X**2 + 6 * BN_X + 1

WORDS = 4
WORD_BITS = 64
MONTGOMERY = 1 << (WORDS * WORD_BITS)

_DECIMAL = re.compile(r"0|[1-9][0-9]*", re.ASCII)
_MAX_DIGITS = 77  # of a number below p or r


@dataclass(frozen=True)
class Prime:
    """A prime field: its modulus, a generator of its multiplicative group, and the largest s with 2^s | modulus - 1."""

    name: str
    modulus: int
    generator: int
    two_adicity: int

    def root_of_unity(self, log_size: int) -> int:
        """A primitive 2^log_size-th root of unity.  Raises ValueError when the field has none."""
        if not 0 <= log_size <= self.two_adicity:
            raise ValueError(f"{self.name} has no 2^{log_size}-th root of unity")
        return pow(self.generator, (self.modulus - 1) >> log_size, self.modulus)


FP = Prime("Fp", P, generator=3, two_adicity=1)
FR = Prime("Fr", R, generator=5, two_adicity=28)


def parse(text: object, modulus: int, what: str) -> int:
    """The field element in a canonical decimal string: `0|[1-9][0-9]*`, below `modulus`.

    Raises FormatError, naming `what`, for anything else: a JSON number, signs, spaces, underscores, leading zeros,
    digits of other scripts, a value that is not reduced.
    """
    if not isinstance(text, str) or not _DECIMAL.fullmatch(text):
        raise FormatError(f"{what} is not a decimal number written as a string")
    if len(text) > _MAX_DIGITS or (value := int(text)) >= modulus:
        raise FormatError(f"{what} is not below the modulus")
    return value


def from_bytes(data: bytes, modulus: int, what: str) -> int:
    """The field element in 32 big-endian bytes.  Raises FormatError when the length or the range is wrong."""
    if len(data) != 32:
        raise FormatError(f"{what} has {len(data)} bytes instead of 32")
    value = int.from_bytes(data, "big")
    if value >= modulus:
        raise FormatError(f"{what} is not below the modulus")
    return value


def to_bytes(value: int) -> bytes:
    """32 big-endian bytes of a field element."""
    return value.to_bytes(32, "big")
