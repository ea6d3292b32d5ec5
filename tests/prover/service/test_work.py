"""What a worker does with its keystore: the same proofs as without the service, under the keys that are best now."""

import json

from circuits import registry, samples
from circuits.statements import statement
from prover.proofs.keystores import Keystore
from prover.service import work
from prover.service.protocol import Message

TRANSCRIPT = "12" * 32


def test_a_ceremonys_keys_are_used_as_soon_as_they_are_installed(keystore, tmp_path, monkeypatch):
    monkeypatch.setenv("ZKSETTLE_THREADS", "1")
    for name in registry.names():
        (tmp_path / keystore.folder(name).name).symlink_to(keystore.folder(name), target_is_directory=True)
    public, private = samples.honest("margin")[0]
    inputs = json.dumps({"public": statement.to_json(public), "private": statement.to_json(private)}).encode()
    asked = Message({"kind": "statement", "statement": "margin", "threads": 1}, (inputs,))
    prove = work.prepare(tmp_path, 7)
    assert prove(asked).fields["origin"] == "a development key made by one party"
    for name in registry.names():
        Keystore(tmp_path, 8, TRANSCRIPT).install(name, keystore.open(name).proving)
    assert prove(asked).fields["origin"] == "a key of ceremony 1212121212121212"
