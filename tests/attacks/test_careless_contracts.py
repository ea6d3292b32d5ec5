"""snarkjs's contract where ours reverts: it reports failures as verdicts, and accepts two encodings of one proof.

A contract that does `require(verifier.verifyProof(…))` is safe when a failure gives false.  One that slashes, refunds
or frees a deposit when a proof is false is not.
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
A_Y = calls.SELECTOR_BYTES + 32  # the offset of A's y


@pytest.fixture(scope="module")
def both(chain):
    """The addresses of snarkjs's contract and of ours, for one key."""
    codes = evm.solidity(deployments.source_of_snarkjs(1)), deployments.ours("solidity", known.key(1))
    return tuple(map(chain.deploy, codes))


def test_both_contracts_accept_an_honest_proof(chain, both):
    assert [chain.call(address, HONEST).verdict for address in both] == ["true", "true"]


def test_with_too_little_gas_snarkjs_s_contract_returns_false_for_a_valid_proof_and_ours_reverts(chain, both):
    """The pairing gets 63/64 of the gas (EIP-150); with the rest snarkjs's contract still returns."""
    verdicts = []
    for address in both:
        needed = chain.gas(address, HONEST)
        limits = range(needed - 3_000, needed + 6_000, 500)
        verdicts.append({chain.call(address, HONEST, gas).verdict for gas in limits})
    assert "false" in verdicts[0]
    assert verdicts[1] == {"reverted", "true"}


def test_on_a_chain_without_the_pairing_snarkjs_s_contract_accepts_false_proofs(chain):
    """The answer overwrites the input; when there is no answer, the lowest bit of A's x is the verdict."""
    theirs = deployments.source_of_snarkjs(1)
    assert theirs.count("gas(), 2000), 8,") == 1
    address = chain.deploy(evm.solidity(theirs.replace("gas(), 2000), 8,", "gas(), 2000), 0x808,")))
    made_up = HONEST[:4] + bytes(31) + b"\1" + bytes(32 * 7) + bytes(32)
    assert chain.call(address, made_up).verdict == "true"


def test_snarkjs_s_contract_accepts_two_encodings_of_one_proof_and_ours_one(chain, both):
    """It computes (p - y) mod 2^256 mod p, so a y above p with p - y + 2^256 = p - y' modulo p is taken for y'."""
    y = int.from_bytes(HONEST[A_Y : A_Y + 32], "big")
    other = next(z for z in range((2**256 + y) % P, 2**256, P) if z > P)
    data = HONEST[:A_Y] + other.to_bytes(32, "big") + HONEST[A_Y + 32 :]
    assert [chain.call(address, data).verdict for address in both] == ["true", "reverted"]


def test_a_false_npublic_makes_snarkjs_s_contract_ignore_the_inputs_and_is_refused_here(chain):
    """The template adds up nPublic inputs, whatever the length of IC: with nPublic = 0 it adds none."""
    key = json.loads(snarkjs.encode_verifying_key(known.key(2)))
    assert deployments.render(key).count("g1_mulAccC(_pVk") == 2
    address = chain.deploy(evm.solidity(deployments.render(key | {"nPublic": 0})))
    for public in ([0, 0], [123, 456]):
        assert chain.call(address, calls.encode(known.proof([0, 0]), public)).verdict == "true"
    with pytest.raises(FormatError, match="IC has 3 entries instead of 1"):
        snarkjs.decode_verifying_key(json.dumps(key | {"nPublic": 0}).encode())
