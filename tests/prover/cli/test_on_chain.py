"""From a circuit's key to a chain with commands alone: the contract is exported, the proof made, its call printed."""

import json

import pytest

from prover.circom import keycache
from tests import evm
from tests.prover.cli.run import zksettle
from tests.reference import qap
from tests.zk.contracts import calls
from tests.zk.fields import cubic
from tests.zk.formats import iden3
from zk.fields.prime import R
from zk.groth16 import generator


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a key, a witness, and what our commands make of them."""
    folder = tmp_path_factory.mktemp("chain")
    (folder / "circuit.zkey").write_bytes(iden3.zkey(generator.generate(cubic.system())))
    (folder / "witness.wtns").write_bytes(iden3.wtns(qap.cubic_witness(11, 13)))
    (folder / "cache").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keycache, "folder", lambda: folder / "cache")
        run(folder, "groth16", "prove", "circuit.zkey", "witness.wtns", "proof.json", "public.json")
    run(folder, "zkey", "export", "solidityverifier", "circuit.zkey", "contract.sol")
    run(folder, "zkey", "export", "vyper", "circuit.zkey", "contract.vy")
    return folder


def run(place, *arguments: str) -> str:
    files = [place / word if "." in word else word for word in arguments]
    ran = zksettle(place / "home", *files)
    assert ran.code == 0, ran
    return ran.out


def data(text: str) -> bytes:
    """The call with the arguments that were printed."""
    a, b, c, inputs = json.loads(f"[{text}]")
    words = (int(word, 16) for word in (*a, *b[0], *b[1], *c, *inputs))
    return calls.selector(len(inputs)) + b"".join(word.to_bytes(32, "big") for word in words)


@pytest.mark.parametrize("name", ["contract.sol", "contract.vy"])
def test_the_exported_contract_takes_the_printed_call_of_the_proof(chain, place, name):
    source = (place / name).read_text()
    address = chain.deploy(evm.solidity(source) if name.endswith("sol") else evm.vyper(source))
    printed = run(place, "zkey", "export", "soliditycalldata", "public.json", "proof.json")
    call = data(printed)
    assert chain.call(address, call).verdict == "true"
    assert chain.call(address, call[:-32] + bytes(32)).verdict == "false"
    assert chain.call(address, call[:-32] + R.to_bytes(32, "big")).verdict == "reverted"


def test_the_printed_call_is_one_line_and_nothing_else(place):
    printed = run(place, "zkey", "export", "soliditycalldata", "public.json", "proof.json")
    assert printed.count("\n") == 1 and printed.endswith("]\n") and printed.startswith('["0x')
    document = json.loads(run(place, "--json", "zkey", "export", "soliditycalldata", "public.json", "proof.json"))
    assert document["calldata"] + "\n" == printed
