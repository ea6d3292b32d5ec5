"""Contracts compiled and called: solc from npm and vyper from PyPI; pyrevm in this process, anvil from npm on loopback.

pyrevm has no wheels for Python 3.13 and later, so it is not used there; anvil runs the same bytecode.
"""

import atexit
import contextlib
import functools
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

import pytest
from vyper.utils import method_id

from tests import node

HAS_PYREVM = sys.version_info < (3, 13)
GAS_LIMIT = 10_000_000
OPTIMISED = {"optimizer": {"enabled": True, "runs": 200}}
START_SECONDS = 60

_ANVIL = "node_modules/@foundry-rs/anvil-*/bin/anvil"
_OWNER = "0x" + "11" * 20
_COMPILER = """
const solc = require('solc');
require('readline').createInterface({input: process.stdin}).on('line', line => console.log(solc.compile(line)));
"""


@dataclass(frozen=True)
class Answer:
    """The result of a call, or the bytes of its error."""

    is_done: bool
    data: bytes

    @property
    def verdict(self) -> str:
        """true, false or reverted; any other answer is a mistake of the contract."""
        if not self.is_done:
            return "reverted"
        return {bytes(31) + b"\1": "true", bytes(32): "false"}[self.data]


class Chain(Protocol):
    """Runs contracts."""

    def deploy(self, code: bytes) -> str: ...

    def call(self, contract: str, data: bytes, gas: int = GAS_LIMIT) -> Answer: ...

    def gas(self, contract: str, data: bytes) -> int:
        """The gas of a transaction with this call."""


def error(signature: str) -> bytes:
    """The first four bytes of a custom error."""
    return method_id(signature)


@functools.cache
def _compiler() -> subprocess.Popen:
    """solc, which answers one standard JSON on each line with another; starting it takes longer than compiling."""
    process = subprocess.Popen(
        ["node", "-e", _COMPILER], cwd=node.folder(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(process.kill)
    return process


@functools.cache
def solidity(source: str, is_optimised: bool = True) -> bytes:
    """The creation code of the only contract in a source.  Fails the test when solc has an error or a warning."""
    wanted = {
        "language": "Solidity",
        "sources": {"source": {"content": source}},
        "settings": {"outputSelection": {"*": {"*": ["evm.bytecode.object"]}}, **(OPTIMISED if is_optimised else {})},
    }
    compiler = _compiler()
    compiler.stdin.write(json.dumps(wanted) + "\n")
    compiler.stdin.flush()
    answer = json.loads(compiler.stdout.readline())
    assert not answer.get("errors"), answer["errors"][0]["formattedMessage"]
    (contract,) = answer["contracts"]["source"].values()
    return bytes.fromhex(contract["evm"]["bytecode"]["object"])


@functools.cache
def vyper(source: str) -> bytes:
    """The creation code of a Vyper source."""
    from vyper.compiler import compile_code

    return bytes.fromhex(compile_code(source, output_formats=["bytecode"])["bytecode"].removeprefix("0x"))


class InProcess:
    """pyrevm."""

    def __init__(self):
        from pyrevm import EVM

        self._evm = EVM(gas_limit=1 << 40)
        self._evm.set_balance(_OWNER, 10**20)

    def deploy(self, code: bytes) -> str:
        return self._evm.deploy(_OWNER, code)

    def call(self, contract: str, data: bytes, gas: int = GAS_LIMIT) -> Answer:
        try:
            returned = self._evm.message_call(_OWNER, contract, calldata=data, gas=gas)
        except RuntimeError as refused:
            output = re.search(r"Revert .*output: 0x([0-9a-f]*)", str(refused))
            return Answer(False, bytes.fromhex(output.group(1)) if output else b"")
        return Answer(True, bytes(returned))

    def gas(self, contract: str, data: bytes) -> int:
        self._evm.message_call(_OWNER, contract, calldata=data)
        return self._evm.result.gas_used


class Anvil:
    """A node of its own on loopback, on a port that the system chose."""

    def __init__(self, address: str):
        self._address, self._ids = address, itertools.count()
        (self._owner,) = self._ask("eth_accounts")

    def _ask(self, method: str, *parameters: object):
        """The result of a JSON-RPC call; an error comes back as an exception with its document."""
        body = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": parameters}
        request = urllib.request.Request(self._address, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as response:
            answer = json.load(response)
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["result"]

    def _send(self, **transaction: str) -> dict:
        """The receipt of a transaction, once it is mined."""
        digest = self._ask("eth_sendTransaction", {"from": self._owner, **transaction})
        while (receipt := self._ask("eth_getTransactionReceipt", digest)) is None:
            time.sleep(0.01)
        return receipt

    def deploy(self, code: bytes) -> str:
        receipt = self._send(data="0x" + code.hex(), gas=hex(GAS_LIMIT))
        assert receipt["status"] == "0x1", receipt
        return receipt["contractAddress"]

    def call(self, contract: str, data: bytes, gas: int = GAS_LIMIT) -> Answer:
        asked = {"from": self._owner, "to": contract, "data": "0x" + data.hex(), "gas": hex(gas)}
        try:
            returned = self._ask("eth_call", asked, "latest")
        except Refused as refused:
            return Answer(False, bytes.fromhex(refused.document.get("data", "0x").removeprefix("0x")))
        return Answer(True, bytes.fromhex(returned.removeprefix("0x")))

    def gas(self, contract: str, data: bytes) -> int:
        return int(self._send(to=contract, data="0x" + data.hex(), gas=hex(GAS_LIMIT))["gasUsed"], 16)


class Refused(Exception):
    """The error that a node returns instead of a result."""

    def __init__(self, document: dict):
        super().__init__(document.get("message"))
        self.document = document


@contextlib.contextmanager
def anvil() -> Iterator[Anvil]:
    """A fresh node, ended afterwards.  Skips where npm has not installed one for this machine."""
    programs = list(node.folder().glob(_ANVIL))
    if not programs:
        pytest.skip("@foundry-rs/anvil is not in ZKSETTLE_NODE: see .ci/run for what goes in it")
    options = ["--host", "127.0.0.1", "--port", "0", "--accounts", "1", "--gas-limit", str(GAS_LIMIT)]
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryFile() as printed:
        process = subprocess.Popen(
            [programs[0], *options], cwd=home, env=os.environ | {"HOME": home}, stdin=subprocess.DEVNULL,
            stdout=printed, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield Anvil(f"http://{_listening(process, printed)}")
        finally:
            process.kill()
            process.wait()


def _listening(process: subprocess.Popen, printed: BinaryIO) -> str:
    """The address that anvil prints when it listens.  Fails the test when there is none."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        printed.seek(0)
        said = printed.read()
        if found := re.search(rb"Listening on ([0-9.:]+)\n", said):
            return found.group(1).decode()
        time.sleep(0.02)
    raise AssertionError(f"anvil does not listen: {said[-2000:]}")
