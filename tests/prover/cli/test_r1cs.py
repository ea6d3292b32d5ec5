"""`zksettle r1cs` says of circom's circuits what snarkjs says."""

import json

import pytest

from tests.circoms import CASES
from tests.prover.cli.run import refused, zksettle
from tests.zk.fields import cubic
from tests.zk.formats import iden3


@pytest.fixture
def run(tmp_path):
    return lambda *arguments: zksettle(tmp_path / "home", "r1cs", *arguments)


def test_info_prints_the_counts_in_the_header(circom_folders, run):
    ran = run("info", circom_folders["words"] / "circuit.r1cs", "--json")
    assert ran.code == 0 and json.loads(ran.out) == {
        "curve": "bn128", "wires": 10, "constraints": 5, "private_inputs": 6, "public_inputs": 0, "labels": 13,
        "outputs": 1,
    }  # fmt: skip
    text = run("info", circom_folders["words"] / "circuit.r1cs").out
    assert "constraints     5\n" in text and "bn-128" in text


def test_print_names_signals(circom_folders, run, tmp_path):
    folder = circom_folders["words"]
    ran = run("print", folder / "circuit.r1cs")
    assert ran.code == 0 and ran.err == ""
    assert "[ main.s ] * [ main.a[0][1] ] - [ main.a[1][1] ] = 0" in ran.out.splitlines()
    assert run("print", folder / "circuit.r1cs", folder / "circuit.sym").out == ran.out
    assert json.loads(run("print", folder / "circuit.r1cs", "--json").out) == ran.out.splitlines()
    (tmp_path / "alone.r1cs").write_bytes((folder / "circuit.r1cs").read_bytes())
    alone = run("print", tmp_path / "alone.r1cs")
    assert alone.code == 0 and "alone.sym is not beside it: wires are called by their numbers" in alone.err
    assert alone.out.count("\n") == 5 and "wire 3" in alone.out


def test_print_refuses_symbols_of_another_circuit(circom_folders, run):
    circuit, other = circom_folders["words"] / "circuit.r1cs", circom_folders["a bus"] / "circuit.sym"
    refused(run("print", circuit, other), 3, "is of another circuit")
    refused(run("print", circuit, circuit), 3, "circuit.r1cs line 1 is not")
    refused(run("print", circuit, other.with_name("none.sym")), 3, "none.sym cannot be read")


@pytest.mark.parametrize("name", CASES)
def test_the_exported_json_is_that_of_snarkjs(circom_folders, run, tmp_path, name):
    output = tmp_path / "out.json"
    ran = run("export", "json", circom_folders[name] / "circuit.r1cs", output)
    assert ran.code == 0, ran
    assert json.loads(output.read_text()) == json.loads((circom_folders[name] / "r1cs.json").read_text())


def test_files_that_are_not_named_have_snarkjs_names(run, tmp_path, monkeypatch):
    (tmp_path / "circuit.r1cs").write_bytes(iden3.container(b"r1cs", 1, iden3.r1cs_sections(cubic.system())))
    monkeypatch.chdir(tmp_path)
    assert run("info").code == run("print").code == run("export", "json").code == 0
    assert json.loads((tmp_path / "circuit.json").read_text())["map"] == list(range(7))


def test_a_failed_export_leaves_nothing(run, tmp_path):
    sections = iden3.r1cs_sections(cubic.system())
    (tmp_path / "old.r1cs").write_bytes(iden3.container(b"r1cs", 1, sections | {3: sections[3][:-8]}))
    refused(run("export", "json", tmp_path / "old.r1cs"), 3, "has no label for its last wire")
    refused(run("export", "json", tmp_path / "old.r1cs", tmp_path / "old.r1cs"), 2, "give different files")
    refused(run("export", "json", tmp_path / "none.r1cs"), 3, "none.r1cs cannot be read")
    refused(run("export", "json", tmp_path / "old.r1cs", tmp_path / "none" / "a.json"), 3, "its folder is not there")
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ""] == ["old.r1cs"]
