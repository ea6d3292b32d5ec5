"""The gas of a verification as a transaction of its own.

`pytest -s tests/zk/contracts/test_contract_gas.py` prints the table.  The public inputs have the maximal length.
snarkjs's contract cannot be compiled for a key without public inputs.
"""

import pytest

from tests import evm
from tests.zk.contracts import calls, deployments
from tests.zk.groth16 import known
from zk.fields.prime import R

GAS = {  # by the number of public inputs; solc 0.8.30 with 200 runs of its optimiser, vyper 0.4.3
    "solidity": {0: 207_955, 1: 214_570, 8: 264_172},
    "vyper": {0: 207_431, 1: 214_242, 8: 264_425},
    "snarkjs": {1: 214_534, 8: 264_647},
}
ROWS = [(kind, inputs) for kind, row in GAS.items() for inputs in row]


def code(kind: str, inputs: int) -> bytes:
    if kind == "snarkjs":
        return evm.solidity(deployments.source_of_snarkjs(inputs))
    return deployments.ours(kind, known.key(inputs))


@pytest.mark.parametrize("kind, inputs", ROWS)
def test_a_verification_costs_as_much_gas_as_documented(chain, kind, inputs):
    public = [R - 1 - j for j in range(inputs)]
    spent = chain.gas(chain.deploy(code(kind, inputs)), calls.encode(known.proof(public), public))
    print(f"{kind:>10} {inputs} public inputs {spent:>9,} gas")
    assert abs(spent - GAS[kind][inputs]) < 100
