"""vk_alphabeta_12 of a verification_key.json: the pairing of α and β, which snarkjs writes and never reads.

snarkjs computes the last part of the final exponentiation by a fast formula, whose result is the pairing raised to the
power 2x (6x² + 3x + 1), which is the pairing of that multiple of α with β.  An element of Fp12 is written as two of Fp6
(times 1 and w), each of them as three of Fp2 (times 1, w² and w⁴).

Source: Fuentes-Castañeda, Knapp, Rodríguez-Henríquez, "Faster hashing to G2" (SAC 2011), section 5; wasmcurves,
"build_bn128.js", finalExponentiationLastChunk.
"""

from zk import pairing
from zk.curves import bn254
from zk.fields.prime import BN_X, R
from zk.groth16.keys import VerifyingKey

POWER = 2 * BN_X * (6 * BN_X**2 + 3 * BN_X + 1) % R


def of(key: VerifyingKey) -> list[list[list[int]]]:
    """The value for a key, 2 × 3 × 2 canonical ints."""
    value = pairing.product([(bn254.multiply_nonzero(POWER, key.alpha_g1), key.beta_g2)])
    return [[list(value[2 * i : 2 * i + 2]) for i in range(half, 6, 2)] for half in range(2)]
