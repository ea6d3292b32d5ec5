"""`zksettle wtns` and `groth16 fullprove`: from inputs to a witness and a proof, as snarkjs makes them."""

import importlib
import json

import pytest

from prover.circom import keycache
from tests import node
from tests.circoms import CASES
from tests.prover.circom.programs import program
from tests.prover.cli.run import refused, zksettle
from zk.formats import wtns


@pytest.fixture
def run(tmp_path):
    return lambda *arguments: zksettle(tmp_path / "home", *arguments)


@pytest.fixture
def words(circom_folders, tmp_path):
    """The circuit with an assertion and a log, and files that violate it."""
    folder = circom_folders["words"]
    (tmp_path / "bad.json").write_text(json.dumps(CASES["words"].inputs | {"k": 9}))
    witness = wtns.decode((folder / "witness.wtns").read_bytes()).copy()
    witness[1, 0] ^= 1
    (tmp_path / "bad.wtns").write_bytes(wtns.encode(witness))
    return folder


def test_calculate_writes_what_snarkjs_writes_and_prints_the_log(run, words, tmp_path):
    given = (words / "circuit_js" / "circuit.wasm", words / "input.json", tmp_path / "out.wtns")
    ran = run("wtns", "calculate", *given)
    assert ran.code == 0 and ran.out.startswith("k is 4\n1\nThe witness of 10 wires is in "), ran
    assert given[-1].read_bytes() == (words / "witness.wtns").read_bytes()
    assert given[-1].stat().st_mode & 0o777 == 0o600, "a witness is secret"
    assert json.loads(run("wtns", "calculate", *given, "--json").out)["log"] == ["k is 4", "1"]


def test_an_input_that_the_circuit_refuses_writes_nothing(run, words, tmp_path):
    wasm = words / "circuit_js" / "circuit.wasm"
    out = tmp_path / "out.wtns"
    refused(run("wtns", "calculate", wasm, tmp_path / "bad.json", out), 1, "Error in template Words_1 line: 7")
    (tmp_path / "bad.json").write_text('{"k": 4, "a": [1, 2, 3, 20]}')
    ran = run("wtns", "calculate", wasm, tmp_path / "bad.json", out)
    refused(ran, 3, "bad.json: 1 of 6 values are missing", "left")
    refused(run("wtns", "calculate", wasm, tmp_path / "none.json", out), 3, "none.json cannot be read")
    refused(run("wtns", "calculate", tmp_path / "bad.json", wasm, out), 3, "is not")
    assert not out.exists()


def test_a_program_that_does_not_end_is_ended_after_its_time(run, tmp_path):
    (tmp_path / "circuit.wasm").write_bytes(program(init="(param i32) (loop $on (br $on))"))
    (tmp_path / "input.json").write_text('{"x": 1}')
    given = (tmp_path / name for name in ("circuit.wasm", "input.json", "out.wtns"))
    ran = run("wtns", "calculate", *given, "--timeout", 1)
    assert ran.code == 1 and ran.err.endswith("circuit.wasm did not end within 1 s\n") and ran.out == ""


def test_without_wasmtime_one_sentence_names_the_extra(run, words, tmp_path, monkeypatch):
    real = importlib.import_module

    def missing(name, *more):
        if name == "wasmtime":
            raise ModuleNotFoundError
        return real(name, *more)

    monkeypatch.setattr(importlib, "import_module", missing)
    given = (words / "circuit_js" / "circuit.wasm", words / "input.json", tmp_path / "out.wtns")
    refused(run("wtns", "calculate", *given), 1, "pip install 'zksettle[circom]'")


def test_check_names_the_constraint_and_shows_its_values_only_on_request(run, words, tmp_path):
    circuit = words / "circuit.r1cs"
    ran = run("wtns", "check", circuit, words / "witness.wtns")
    assert ran.code == 0 and "satisfies all 5 constraints" in ran.out
    assert json.loads(run("wtns", "check", circuit, words / "witness.wtns", "--json").out)["satisfied"] is True
    ran = run("wtns", "check", circuit, tmp_path / "bad.wtns")
    assert ran.code == 1 and "constraint 0 does not hold" in ran.err
    assert "[ -main.s ] * [ main.k ] - [ -main.o ] = 0" in ran.out and "--show-secrets" in ran.out
    assert "≠" not in ran.out
    shown = run("wtns", "check", circuit, tmp_path / "bad.wtns", "--show-secrets")
    assert shown.code == 1 and "-10 * 4 ≠ -41" in shown.out
    document = json.loads(run("wtns", "check", circuit, tmp_path / "bad.wtns", "--json").out)
    assert document["violation"] == {"index": 0, "text": "[ -main.s ] * [ main.k ] - [ -main.o ] = 0"}
    secrets = json.loads(run("wtns", "check", circuit, tmp_path / "bad.wtns", "--json", "--show-secrets").out)
    assert secrets["violation"]["right"] == "4"
    other = circuit.parent.parent / "a-bus" / "circuit.r1cs"
    refused(run("wtns", "check", other, tmp_path / "bad.wtns"), 3, "10 wires")


@pytest.mark.parametrize("name", CASES)
def test_the_exported_json_is_that_of_snarkjs(circom_folders, run, tmp_path, name):
    ran = run("wtns", "export", "json", circom_folders[name] / "witness.wtns", tmp_path / "out.json")
    assert ran.code == 0 and (tmp_path / "out.json").stat().st_mode & 0o777 == 0o600
    exported = (circom_folders[name] / "wtns.json").read_text()
    assert json.loads((tmp_path / "out.json").read_text()) == json.loads(exported)


@pytest.mark.parametrize("name", ["nothing public", "duplicates"])
def test_fullprove_proves_what_snarkjs_verifies(circom_folders, run, tmp_path, monkeypatch, name):
    monkeypatch.setattr(keycache, "folder", lambda: tmp_path / "cache")
    folder = circom_folders[name]
    given = (folder / "input.json", folder / "circuit_js" / "circuit.wasm", folder / "circuit.zkey")
    ran = run("groth16", "fullprove", *given, tmp_path / "proof.json", tmp_path / "public.json")
    assert ran.code == 0 and "Proved in" in ran.out, ran
    assert json.loads((tmp_path / "public.json").read_text()) == list(map(str, CASES[name].public))
    files = (folder / "key.json", tmp_path / "public.json", tmp_path / "proof.json")
    assert run("groth16", "verify", *files).code == 0
    code, said = node.snarkjs("groth16", "verify", *map(str, files))
    assert code == 0 and "OK" in said


def test_fullprove_refuses_what_the_circuit_refuses_and_writes_nothing(run, words, tmp_path):
    given = [tmp_path / "bad.json", words / "circuit_js" / "circuit.wasm", words / "circuit.zkey"]
    outputs = [tmp_path / "proof.json", tmp_path / "public.json"]
    refused(run("groth16", "fullprove", *given, *outputs), 1, "Assert Failed")
    refused(run("groth16", "fullprove", *given, outputs[0], outputs[0]), 2, "give different files")
    refused(run("groth16", "fullprove", *given[:2], tmp_path / "none.zkey", *outputs), 3, "none.zkey cannot be read")
    assert not outputs[0].exists() and not outputs[1].exists()


def test_files_that_are_not_named_have_snarkjs_names(run, words, tmp_path, monkeypatch):
    monkeypatch.setattr(keycache, "folder", lambda: tmp_path / "cache")
    names = {"circuit.wasm": "circuit_js/circuit.wasm", "input.json": "input.json", "circuit.r1cs": "circuit.r1cs",
             "circuit_final.zkey": "circuit.zkey", "verification_key.json": "key.json"}  # fmt: skip
    for name, made in names.items():
        (tmp_path / name).write_bytes((words / made).read_bytes())
    monkeypatch.chdir(tmp_path)
    for command in ("wtns calculate", "wtns check", "wtns export json", "groth16 prove", "groth16 verify",
                    "groth16 fullprove", "groth16 verify"):  # fmt: skip
        assert run(*command.split()).code == 0, command
    made = {path.name for path in tmp_path.iterdir()}
    assert made >= {"witness.wtns", "witness.json", "proof.json", "public.json"}
