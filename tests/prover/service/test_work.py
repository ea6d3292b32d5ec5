"""What a worker does with its keystore: the same proofs as without the service, under the keys that are best now."""

import json
from dataclasses import replace

from circuits import registry, samples
from circuits.statements import statement
from prover.proofs import prooffile, proving
from prover.proofs.keystores import Keystore
from prover.service import protocol, work
from prover.service.protocol import Message, Outcome

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


def test_requests_that_came_together_are_proved_together_and_a_false_one_fails_alone(keystore, tmp_path, monkeypatch):
    monkeypatch.setenv("ZKSETTLE_THREADS", "1")
    (tmp_path / keystore.folder("escrow").name).symlink_to(keystore.folder("escrow"), target_is_directory=True)
    public, private = samples.honest("escrow")[0]
    true = json.dumps({"public": statement.to_json(public), "private": statement.to_json(private)}).encode()
    changed = replace(public, commitment=public.commitment + 1)
    false = json.dumps({"public": statement.to_json(changed), "private": statement.to_json(private)}).encode()
    fields = {"kind": "statement", "statement": "escrow", "threads": 1}
    answers = protocol.split(work.prepare(tmp_path, 7)(Message(fields, (true, false, b"{}", true))), 4)
    assert [protocol.outcome(answer) for answer in answers] == [
        Outcome.DONE, Outcome.UNSATISFIED, Outcome.MALFORMED, Outcome.DONE,
    ]  # fmt: skip
    assert answers[1].fields["sentence"] == "the escrow statement is false: commitment"
    for answer in (answers[0], answers[3]):
        made = prooffile.decode(answer.parts[0])
        assert made.public == public
        proving.verify_file(made, proving.own_key("escrow", keystore))
