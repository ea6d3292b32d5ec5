"""What snarkjs's contract answers where ours reverts: a failure told as a verdict, and two calls for one proof.

Whoever settles by `require(verifier.verifyProof(…))` may live with false in place of an error; whoever slashes, refunds
or frees a deposit when a proof is false does not.
"""

import json

import pytest

from tests import evm
from tests.zk.contracts import calls, deployments
from tests.zk.groth16 import known
from zk.errors import FormatError
from zk.fields.prime import P
from zk.formats import snarkjs

PUBLIC = [5]
HONEST = calls.encode(known.proof(PUBLIC), PUBLIC)
A_Y = calls.SELECTOR_BYTES + 32  # where it begins


@pytest.fixture(scope="module")
def both(chain):
    """The addresses of snarkjs's contract and of ours, for one key."""
    codes = evm.solidity(deployments.source_of_snarkjs(1)), deployments.ours("solidity", known.key(1))
    return tuple(map(chain.deploy, codes))


def test_both_take_an_honest_proof(chain, both):
    assert [chain.call(address, HONEST).verdict for address in both] == ["true", "true"]


def test_too_little_gas_makes_a_valid_proof_false_to_snarkjs_s_and_reverts_in_ours(chain, both):
    """The pairing is left 63/64 of the gas (EIP-150); with the rest snarkjs's still answers."""
    verdicts = []
    for address in both:
        needed = chain.gas(address, HONEST)
        limits = range(needed - 3_000, needed + 6_000, 500)
        verdicts.append({chain.call(address, HONEST, gas).verdict for gas in limits})
    assert "false" in verdicts[0]
    assert verdicts[1] == {"reverted", "true"}


def test_where_there_is_no_pairing_snarkjs_s_takes_what_ours_refuses(chain):
    """The answer lands on the question, so that without one the lowest bit of A's x is the verdict."""
    theirs = deployments.source_of_snarkjs(1)
    assert theirs.count("gas(), 2000), 8,") == 1
    address = chain.deploy(evm.solidity(theirs.replace("gas(), 2000), 8,", "gas(), 2000), 0x808,")))
    made_up = HONEST[:4] + bytes(31) + b"\1" + bytes(32 * 7) + bytes(32)
    assert chain.call(address, made_up).verdict == "true"


def test_one_proof_has_two_calls_for_snarkjs_s_and_one_for_ours(chain, both):
    """It computes (p - y) mod 2^256 mod p, so that a y above p with p - y + 2^256 = p - y' modulo p passes for y'."""
    y = int.from_bytes(HONEST[A_Y : A_Y + 32], "big")
    other = next(z for z in range((2**256 + y) % P, 2**256, P) if z > P)
    data = HONEST[:A_Y] + other.to_bytes(32, "big") + HONEST[A_Y + 32 :]
    assert [chain.call(address, data).verdict for address in both] == ["true", "reverted"]


def test_a_false_count_of_inputs_makes_a_template_ignore_them_and_is_refused_here(chain):
    """nPublic says how many inputs are added up, IC how many there are: 0 and 2 make a contract that adds none."""
    key = json.loads(snarkjs.encode_verifying_key(known.key(2)))
    assert deployments.render(key).count("g1_mulAccC(_pVk") == 2
    address = chain.deploy(evm.solidity(deployments.render(key | {"nPublic": 0})))
    for public in ([0, 0], [123, 456]):
        assert chain.call(address, calls.encode(known.proof([0, 0]), public)).verdict == "true"
    with pytest.raises(FormatError, match="IC has 3 entries instead of 1"):
        snarkjs.decode_verifying_key(json.dumps(key | {"nPublic": 0}).encode())
