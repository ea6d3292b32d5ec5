"""Homes to back up."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from circuits import registry
from prover.machine import arrayfolder
from prover.machine.home import Home
from prover.operator import creation, signer
from prover.proofs import keyfolder
from prover.proofs.keystores import Keystore
from prover.trader import walletfile, wallets
from settlement.pool.pool import NUM_PUBLIC
from tests.prover.backup.homes import NOW_MS, PASSPHRASE, publish
from zk.fields.prime import R
from zk.formats import dataclassjson, snarkjs
from zk.groth16 import generator, provingkey
from zk.r1cs import r1cs


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    monkeypatch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})


@pytest.fixture
def small(tmp_path) -> Home:
    """A home with two wallets and a ceremony key, without a pool."""
    home = Home(tmp_path / "small")
    for name in ("alice", "bob"):
        with walletfile.create(home.wallet(name), PASSPHRASE, wallets.new()):
            pass
    signer.own(home.ceremony_key)
    return home


def _small_key(name: str, original: Path, folder: Path) -> None:
    """A key of another system with as many public inputs in the place of the statement's own, which takes 20 MB."""
    shutil.copytree(original, folder, ignore=shutil.ignore_patterns("proving-*", keyfolder.MANIFEST))
    count = NUM_PUBLIC[name]
    square = r1cs.R1CS(R, count + 2, count, *(r1cs.matrix([[(wire, 1)]]) for wire in (count + 1, count + 1, 1)))
    proving = generator.generate(square)
    arrayfolder.save(folder, provingkey.to_arrays(proving), keyfolder.PROVING)
    (folder / keyfolder.VERIFICATION_KEY).write_bytes(snarkjs.encode_verifying_key(proving.verifying).encode())
    manifest = replace(keyfolder.read_manifest(name, original), files=arrayfolder.digests(folder))
    (folder / keyfolder.MANIFEST).write_text(json.dumps(dataclassjson.write(manifest)))


@pytest.fixture(scope="module")
def whole(keystore, tmp_path_factory) -> Home:
    """A home with a pool, prices and development keys, which are small."""
    home = Home(tmp_path_factory.mktemp("whole"))
    for name in registry.names():
        _small_key(name, keystore.folder(name), Keystore(home.keys, NOW_MS).folder(name))
    creation.create(home, creation.choose_keys(home, NOW_MS, insecure_dev=True), "a pool", NOW_MS)
    publish(home, NOW_MS)
    return home
