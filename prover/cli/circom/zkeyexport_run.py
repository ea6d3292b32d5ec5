"""What `zksettle zkey export` does."""

from pathlib import Path

from prover.cli.circom import contributions_run
from prover.cli.frame import paths
from prover.cli.frame.command import App
from zk.contracts import calldata, solidity
from zk.contracts import vyper as vyper_contract
from zk.formats import alphabeta, openfile, snarkjs, zkeyheader
from zk.groth16 import keys
from zk.groth16.keys import VerifyingKey


def verificationkey(app: App, path: Path, output: Path) -> None:
    """Writes snarkjs's verification key."""
    key = _read(path, output)
    text = snarkjs.encode_verifying_key(key, alphabeta.of(key)).rstrip("\n")
    _write(app, output, text, key, "The verification key")


def solidityverifier(app: App, path: Path, output: Path, name: str) -> None:
    """Writes a Solidity contract."""
    key = _read(path, output)
    _write(app, output, solidity.contract(key, name), key, "The contract")


def vyper(app: App, path: Path, output: Path) -> None:
    """Writes a Vyper contract."""
    key = _read(path, output)
    _write(app, output, vyper_contract.contract(key), key, "The contract")


def soliditycalldata(app: App, public: Path, proof: Path) -> None:
    """Prints the arguments of the contract's call."""
    inputs = snarkjs.decode_public(paths.read_bytes(public, snarkjs.MAX_BYTES))
    text = calldata.text(snarkjs.decode_proof(paths.read_bytes(proof)), inputs)
    app.screen.block(text)
    app.screen.document({"calldata": text})


def _read(path: Path, output: Path) -> VerifyingKey:
    """The verifying key in a .zkey file.

    Raises FormatError when it is malformed or has no contribution, or the output's folder is missing, and
    click.UsageError when both are one file.
    """
    contributions_run.check_output("CIRCUIT.zkey", path, "the output", output)
    with openfile.opened(path) as source:
        return zkeyheader.read_fixed(source, str(path))[0]


def _write(app: App, output: Path, text: str, key: VerifyingKey, what: str) -> None:
    paths.write_text(output, text)
    app.screen.say(f"{what} is in {output}.")
    app.screen.document({"file": str(output), "key": {"digest": keys.digest(key).hex()}, "public": key.num_public})
