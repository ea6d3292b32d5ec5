"""Our contracts, compiled and called: true, false and every reason to revert."""

import re

import pytest

from tests import evm
from tests.reference import bn254 as reference
from tests.reference import qap
from tests.zk.contracts import calls, deployments
from tests.zk.fields import cubic
from tests.zk.groth16 import known
from zk.contracts import solidity, vyper
from zk.curves import bn254
from zk.errors import FormatError
from zk.fields.prime import P, R
from zk.groth16 import generator, prover

LANGUAGES = ["solidity", "vyper"]
PUBLIC = [[], [R - 1], [0, 1, R - 2, 2**253, 5, 6, 7, 8], list(range(40))]
HEAD = calls.SELECTOR_BYTES

both = pytest.mark.parametrize("language", LANGUAGES)


def call(public: list[int], **changes) -> bytes:
    return calls.encode(known.proof(public, **changes), public)


def written(data: bytes, word: int, *values: int) -> bytes:
    """The call with these words from `word` on: a is words 0 and 1, b 2 to 5, c 6 and 7, then come the inputs."""
    start = HEAD + 32 * word
    return data[:start] + b"".join(v.to_bytes(32, "big") for v in values) + data[start + 32 * len(values) :]


@pytest.fixture(scope="module")
def deployed(chain):
    """The address of our contract for the known key with this number of inputs."""
    addresses = {}

    def address(language: str, inputs: int) -> str:
        if (language, inputs) not in addresses:
            addresses[language, inputs] = chain.deploy(deployments.ours(language, known.key(inputs)))
        return addresses[language, inputs]

    return address


@both
@pytest.mark.parametrize("public", PUBLIC, ids=len)
def test_a_valid_proof_is_true_and_is_false_for_another_statement(chain, deployed, language, public):
    address = deployed(language, len(public))
    assert chain.call(address, call(public)).verdict == "true"
    assert chain.call(address, call(public, a=17, b=19)).verdict == "true"
    for other in (bn254.negate(known.proof(public).c), bn254.G1):
        assert chain.call(address, written(call(public), 6, other.x, other.y)).verdict == "false"
    for index in {0, len(public) // 2, len(public) - 1} & set(range(len(public))):
        assert chain.call(address, written(call(public), 8 + index, (public[index] + 1) % R)).verdict == "false"


@both
@pytest.mark.parametrize("index", [0, 7])
@pytest.mark.parametrize("value", [R, R + 5, 2 * R, 2**256 - 1])
def test_a_public_input_that_is_not_below_r_reverts(chain, deployed, language, index, value):
    answer = chain.call(deployed(language, 8), written(call(PUBLIC[2]), 8 + index, value))
    assert deployments.is_about(answer, language, "input")
    if language == "solidity":
        assert answer.data[4:] == index.to_bytes(32, "big")


@both
@pytest.mark.parametrize("word, length", [(0, 2), (2, 4), (6, 2)])
def test_an_identity_in_the_proof_reverts(chain, deployed, language, word, length):
    answer = chain.call(deployed(language, 1), written(call([R - 1]), word, *[0] * length))
    assert deployments.is_about(answer, language, "identity")


OUTSIDE = reference.twist_points(1)[0]
REFUSED = [  # points that a precompile refuses: the word, and the values written there
    (0, 1, 3),
    (0, 1 + P, 2),
    (0, 1, 2 + P),
    (0, P, 0),
    (0, 0, P),
    (2, 1, 1, 1, 1),
    (2, P, 0, 0, 0),
    (2, OUTSIDE[0][1], OUTSIDE[0][0], OUTSIDE[1][1], OUTSIDE[1][0]),
    (6, 1, 3),
    (6, 2**256 - 1, 2**256 - 1),
]


@both
@pytest.mark.parametrize("word, values", [(row[0], row[1:]) for row in REFUSED])
def test_a_point_that_the_pairing_refuses_reverts_instead_of_returning_false(chain, deployed, language, word, values):
    answer = chain.call(deployed(language, 1), written(call([R - 1]), word, *values))
    assert deployments.is_about(answer, language, "precompile")


@both
def test_another_number_of_inputs_than_the_key_s_reverts(chain, deployed, language):
    assert not chain.call(deployed(language, 1), call([])).is_done
    assert not chain.call(deployed(language, 1), call([1, 2])).is_done
    assert not chain.call(deployed(language, 1), call([R - 1])[:-1]).is_done
    one = written(call([]), 9, 1) + bytes(32)
    answer = chain.call(deployed(language, 0), one)
    assert not answer.is_done
    if language == "solidity":
        assert deployments.is_about(answer, language, "count")


@both
def test_too_little_gas_never_makes_a_valid_proof_false(deployed, chain, language):
    address, data = deployed(language, 1), call([R - 1])
    needed = chain.gas(address, data)
    verdicts = [chain.call(address, data, gas).verdict for gas in range(needed - 12_000, needed + 6_000, 300)]
    assert verdicts == sorted(verdicts) and set(verdicts) == {"reverted", "true"}


@pytest.mark.parametrize("language, precompile", [("solidity", 6), ("solidity", 7), ("solidity", 8), ("vyper", 8)])
def test_on_a_chain_without_a_precompile_nothing_verifies(chain, language, precompile):
    """A call of an address without code succeeds and returns nothing; old memory must not become a verdict."""
    key, nowhere = known.key(1), 0x800 + precompile
    if language == "solidity":
        source, count = re.subn(rf"\(gas\(\), {precompile},", f"(gas(), {nowhere},", solidity.contract(key))
        code = evm.solidity(source)
    else:
        source, count = re.subn("0{39}8", f"{nowhere:040x}", vyper.contract(key))
        code = evm.vyper(source)
    assert count == 1 and not chain.call(chain.deploy(code), call([R - 1])).is_done


def test_without_the_optimiser_the_contract_gives_the_same_answers(chain):
    address = chain.deploy(evm.solidity(solidity.contract(known.key(1)), is_optimised=False))
    assert chain.call(address, call([5])).verdict == "true"
    assert chain.call(address, written(call([5]), 8, 6)).verdict == "false"
    assert deployments.is_about(chain.call(address, written(call([5]), 8, R)), "solidity", "input")


@both
def test_a_proof_that_our_prover_makes_is_true(chain, language):
    key, witness = generator.generate(cubic.system()), qap.cubic_witness(11, 13)
    proof, public = prover.prove(key, cubic.words(witness)), witness[1:3]
    address = chain.deploy(deployments.ours(language, key.verifying))
    assert chain.call(address, calls.encode(proof, public)).verdict == "true"
    assert chain.call(address, calls.encode(proof, public[::-1])).verdict == "false"


@pytest.mark.parametrize("name", ["", "1a", "a b", "a;", "é", "a\n", "a" * 81])
def test_a_name_that_no_contract_can_have_is_refused(name):
    with pytest.raises(FormatError, match="the contract's name"):
        solidity.contract(known.key(0), name)


def test_the_contract_has_the_given_name():
    assert "\ncontract Margin {" in solidity.contract(known.key(0), "Margin")
