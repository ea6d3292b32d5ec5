"""vk_alphabeta_12 of a verification_key.json: the pairing of alpha and beta as snarkjs writes it, and nobody reads it.

snarkjs leaves out the last part of the final exponentiation that would make it the pairing itself, as libff does: its
value is the pairing to the power 2x (6x² + 3x + 1), which is the pairing of that multiple of alpha.  An element of Fp12
is two of Fp6 (1 and w), each three of Fp2 (1, w² and w⁴).

Source: Fuentes-Castañeda, Knapp, Rodríguez-Henríquez, "Faster hashing to G2" (SAC 2011), section 5; wasmcurves,
"build_bn128.js", finalExponentiationLastChunk.
"""

from zk import pairing
from zk.curves import bn254
from zk.fields.prime import BN_X, R
from zk.groth16.keys import VerifyingKey

POWER = 2 * BN_X * (6 * BN_X**2 + 3 * BN_X + 1) % R


def of(key: VerifyingKey) -> list[list[list[int]]]:
    """2 × 3 × 2 canonical ints."""
    found = pairing.product([(bn254.multiply(POWER, key.alpha_g1), key.beta_g2)])
    return [[list(found[2 * i : 2 * i + 2]) for i in range(half, 6, 2)] for half in range(2)]
