"""Benchmarks name their work and their machine, and compare only comparable reports.  No time is tested."""

import hashlib
import json
import shutil
from functools import cache
from xml.etree import ElementTree

import pytest

from prover.bench import charts, comparison, model, transforms, zksnake
from prover.machine import hardware
from prover.service import client
from tests import node
from tests.prover.cli.run import refused, zksettle
from tests.reference import qap
from tests.zk.fields import cubic
from tests.zk.formats import iden3
from zk.errors import FormatError
from zk.formats import snarkjs
from zk.groth16 import generator

TINY = [
    ("kernels",),
    ("msm", "--sizes", "1,5"),
    ("ntt", "--sizes", "1,5"),
    ("prove", "margin"),
    ("sizes", "--sizes", "8"),
    ("verify", "--statement", "margin", "--sizes", "1,3"),
    ("throughput", "--statement", "margin", "--sizes", "1,2"),
    ("wallet", "--foreign", "100", "--dust", "20"),
]


PRODUCT_PHASES = (
    "sparse products", "transforms", "plain scalars", "MSM A", "MSM B", "MSM C", "MSM H",
)  # fmt: skip


def report(home, *arguments):
    ran = zksettle(home, "bench", *arguments, "--runs", "1", "--json")
    assert ran.code == 0, ran
    return json.loads(ran.out)


@pytest.fixture(scope="module")
def tiny(home):
    """The report of each tiny benchmark, which is measured once."""
    return cache(lambda arguments: report(home, *arguments))


@pytest.mark.parametrize("arguments", TINY, ids=lambda arguments: arguments[0])
def test_a_report_names_the_machine_and_the_work(tiny, arguments):
    document = tiny(arguments)
    assert document["benchmark"] == arguments[0] and document["peak_memory_bytes"] > 0
    assert {"cpu", "cores", "threads", "features", "lanes", "numba", "commit"} <= set(document["machine"])
    for timing in document["timings"]:
        assert 0 < timing["min_s"] <= timing["median_s"] <= timing["max_s"] and timing["runs"] == 1
        assert timing["first_s"] > 0 and timing["items"] >= 1 and timing["threads"] >= 1
        assert timing["each_s"] == pytest.approx(timing["min_s"] / timing["items"], rel=1e-3)
    places = [(t["name"], t["size"], t["threads"]) for t in document["timings"]]
    assert len(set(places)) == len(places)


def test_the_text_shows_the_same_as_the_json(home):
    out = zksettle(home, "bench", "ntt", "--sizes", "2", "--runs", "2").out
    assert "inverse NTT" in out and "2^2" in out and "2 warm" in out and out.count("machine ") == 1


def test_sizes_and_threads_are_the_requested_ones(home, monkeypatch):
    monkeypatch.setenv("ZKSETTLE_THREADS", "1")
    document = report(home, "msm", "--sizes", "3,1,3", "--threads", "2")
    assert document["machine"]["threads"] == 2
    expected = {
        (f"{group}, {kind}", f"2^{k}", n)
        for group in ("G1", "G2") for kind in ("known points", "used once") for k in (1, 3) for n in (1, 2)
    }  # fmt: skip
    assert {(t["name"], t["size"], t["threads"]) for t in document["timings"]} == expected


@pytest.mark.parametrize("sizes", ["0", "12,", "-3", "1e3", "23", "²"])
def test_an_invalid_size_is_wrong_usage(home, sizes):
    refused(zksettle(home, "bench", "msm", "--sizes", sizes), 2, "whole number from 1 to 22")


def test_the_phases_of_a_proof_stand_beside_the_time_of_their_products(home):
    document = report(home, "prove", "margin", "--threads", "2")
    rates = {row["name"]: row["each_s"] for row in document["rates"]}
    assert set(rates) == set(model.RATES) and all(each_s > 0 for each_s in rates.values())
    for threads in (1, 2):
        *rows, together, waiting = (row for row in document["phases"] if row["threads"] == threads)
        names = [row["phase"] for row in rows]
        assert len(set(names)) == len(names) and (together["phase"], waiting["phase"]) == ("in all", "waiting")
        modelled = [row for row in rows if row["model_s"] is not None]
        assert {row["phase"] for row in modelled} == set(PRODUCT_PHASES) <= set(names)
        for row in modelled:
            assert row["busy_s"] > 0 and row["ratio"] == pytest.approx(row["busy_s"] / row["model_s"], abs=0.01)
        assert together["products"] == sum(row["products"] for row in modelled)
        assert together["busy_s"] == pytest.approx(sum(row["busy_s"] for row in rows))


@pytest.mark.parametrize(
    "arguments", [(), ("--zkey", "a.zkey"), ("margin", "--wtns", "a.wtns"), ("margin", "--zkey", "a", "--wtns", "b")]
)
def test_prove_takes_either_a_statement_or_two_files(home, arguments):
    refused(zksettle(home, "bench", "prove", *arguments), 2, "give a STATEMENT, or both")


@pytest.fixture(scope="module")
def earlier(home, tmp_path_factory):
    """A report, and its file."""
    document = report(home, "ntt", "--sizes", "3,4")
    path = tmp_path_factory.mktemp("reports") / "earlier.json"
    path.write_text(json.dumps(document))
    return document, path


def test_a_report_shows_its_ratios_to_an_earlier_one(home, earlier):
    before, path = earlier
    document = report(home, "ntt", "--sizes", "3,4", "--against", path)
    names = [[(row["name"], row["size"]) for row in rows] for rows in (document["against"], before["timings"])]
    assert names[0] == names[1]
    for row, then, now in zip(document["against"], before["timings"], document["timings"], strict=True):
        assert (row["then_s"], row["now_s"]) == (then["min_s"], now["min_s"])
        assert row["ratio"] == pytest.approx(now["min_s"] / then["min_s"], abs=0.001)
    assert "now / then" in zksettle(home, "bench", "ntt", "--sizes", "3,4", "--runs", "1", "--against", path).out


@pytest.mark.parametrize(
    "change, word",
    [
        (lambda r: r["machine"].update(cpu="an abacus"), "abacus"),
        (lambda r: r["machine"].update(lanes=99), "lanes"),
        (lambda r: r.update(benchmark="msm"), "another benchmark"),
        (lambda r: r["timings"][0].update(size="2^99"), "2^"),
        (lambda r: r["timings"].pop(), "only one"),
        (lambda r: r.update(timings=[]), "only one"),
    ],
)
def test_an_incomparable_report_is_refused(home, earlier, tmp_path, change, word):
    changed = json.loads(json.dumps(earlier[0]))
    change(changed)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(changed))
    ran = zksettle(home, "bench", "ntt", "--sizes", "3,4", "--runs", "1", "--against", path)
    assert ran.code == 3 and ran.out == "" and word in ran.err.splitlines()[-1]


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r["timings"][0].update(min_s=0.0),
        lambda r: r["timings"][0].update(min_s=float("nan")),
        lambda r: r["timings"][0].update(min_s="1"),
        lambda r: r["timings"][0].pop("name"),
        lambda r: r.pop("machine"),
        lambda r: r.pop("timings"),
    ],
)
def test_a_file_that_is_not_a_report_is_refused_before_measuring(home, earlier, tmp_path, monkeypatch, change):
    changed = json.loads(json.dumps(earlier[0]))
    change(changed)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(changed))
    monkeypatch.setattr(transforms, "bench", lambda *arguments: pytest.fail("it is measured"))
    words = f"{path} is not a report made by `zksettle bench … --json`"
    refused(zksettle(home, "bench", "ntt", "--against", path), 3, words)


@pytest.mark.parametrize("name", ["kernels", "ntt"])
def test_single_threaded_benchmarks_have_no_threads_option(home, name):
    refused(zksettle(home, "bench", name, "--threads", "2"), 2, "--threads")


def test_a_missing_earlier_report_is_refused_before_measuring(home, tmp_path):
    refused(zksettle(home, "bench", "ntt", "--against", tmp_path / "none.json"), 3, "none.json cannot be read")


@pytest.mark.parametrize("arguments", TINY, ids=lambda arguments: arguments[0])
def test_a_chart_names_its_axes_and_the_machine(tiny, monkeypatch, arguments):
    pytest.importorskip("matplotlib", reason="charts are drawn by matplotlib: pip install 'zksettle[plot]'")
    monkeypatch.setattr(charts, "TEXT", "none")
    check_chart(charts.draw(tiny(arguments)))


def test_a_command_writes_its_chart_and_says_so(home, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib", reason="charts are drawn by matplotlib: pip install 'zksettle[plot]'")
    monkeypatch.setattr(charts, "TEXT", "none")
    ran = zksettle(home, "bench", "ntt", "--sizes", "1", "--runs", "1", "--plot", tmp_path / "chart.svg")
    assert ran.code == 0 and "chart.svg" in ran.out
    check_chart((tmp_path / "chart.svg").read_text("utf-8"))


def check_chart(svg: str) -> None:
    """It names the machine, the commit and the unit of its axis."""
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    text = " ".join("".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text"))
    assert hardware.cpu_name() in text and hardware.commit() in text
    assert any(unit in text.split() for unit in ("ms", "µs", "ns", "second"))


def test_equal_reports_give_equal_charts(earlier):
    pytest.importorskip("matplotlib", reason="charts are drawn by matplotlib: pip install 'zksettle[plot]'")
    assert charts.draw(earlier[0]) == charts.draw(earlier[0])


def test_a_chart_without_matplotlib_is_refused_before_measuring(home, tmp_path, monkeypatch):
    monkeypatch.setattr(charts, "is_possible", lambda: False)
    refused(zksettle(home, "bench", "ntt", "--plot", tmp_path / "chart.svg"), 1, "needs matplotlib")
    assert not (tmp_path / "chart.svg").exists()


def test_throughput_measures_this_process_and_notes_a_missing_service(home):
    document = report(home, "throughput", "--statement", "margin", "--sizes", "1,3")
    assert [(t["name"], t["items"]) for t in document["timings"]] == [("in this process", 1), ("in this process", 3)]
    assert "zksettle prover serve" in document["notes"][0]
    for timing, row in zip(document["timings"], document["throughput"], strict=True):
        assert row["per_second"] == pytest.approx(timing["items"] / timing["min_s"], rel=1e-2)


def test_the_service_is_asked_for_every_proof_of_a_batch(home, monkeypatch):
    asked = []

    def answer(folder, name, inputs, tell):
        asked.append(json.loads(inputs))
        return "a proof"

    monkeypatch.setattr(client, "status", lambda folder: "running")
    monkeypatch.setattr(client, "prove_statement", answer)
    document = report(home, "throughput", "--statement", "margin", "--sizes", "3")
    assert [t["name"] for t in document["timings"]] == ["in this process", "by the service"] and not document["notes"]
    assert len(asked) == 2 * 3 and all(set(inputs) == {"public", "private"} for inputs in asked)


def test_a_service_that_ends_while_it_is_measured_is_an_error(home, monkeypatch):
    monkeypatch.setattr(client, "status", lambda folder: "running")
    monkeypatch.setattr(client, "prove_statement", lambda *arguments: None)
    ran = zksettle(home, "bench", "throughput", "--statement", "margin", "--sizes", "1", "--runs", "1")
    assert ran.code == 1 and ran.out == "" and "ended while" in ran.err.splitlines()[-1]


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """A tiny circuit's files, as snarkjs names them."""
    folder, key = tmp_path_factory.mktemp("cubic"), generator.generate(cubic.system())
    (folder / "circuit.zkey").write_bytes(iden3.zkey(key))
    (folder / "witness.wtns").write_bytes(iden3.wtns(qap.cubic_witness(11, 13)))
    (folder / "verification_key.json").write_text(snarkjs.encode_verifying_key(key.verifying))
    return folder


def test_a_circom_circuit_is_measured_like_a_statement(home, case):
    document = report(home, "prove", "--zkey", case / "circuit.zkey", "--wtns", case / "witness.wtns")
    digest = hashlib.sha256((case / "circuit.zkey").read_bytes()).hexdigest()
    assert document["circuit"] == f"circuit {digest[:16]}" and "statement" not in document
    assert {"read witness", "proof", "pipeline"} == {t["name"] for t in document["timings"]}


def test_reports_on_different_keys_are_incomparable(earlier):
    then, now = ({**earlier[0], "circuit": f"circuit {digit * 16}"} for digit in "ab")
    with pytest.raises(FormatError, match="another circuit"):
        comparison.against(now, then)


def test_a_witness_of_another_circuit_is_refused_before_measuring(home, case, tmp_path):
    (tmp_path / "other.wtns").write_bytes(iden3.wtns([1, 2, 3]))
    files = ("--zkey", case / "circuit.zkey", "--wtns", tmp_path / "other.wtns")
    refused(zksettle(home, "bench", "prove", *files), 3, "wires")


def test_peers_prove_the_same_files_several_circuits_in_one_call_and_ratios_match_the_times(home, case, tmp_path):
    node.folder()
    pytest.importorskip("matplotlib", reason="charts are drawn by matplotlib: pip install 'zksettle[plot]'")
    folder = shutil.copytree(case, tmp_path / "little")
    document = report(home, "peers", folder, "--sizes", "4", "--plot", tmp_path / "peers.svg")
    least = {(t["case"], t["name"].split()[0], t["size"], t["threads"]): t["min_s"] for t in document["timings"]}
    for name in ("little", "chain 2^4"):
        both = {(name, prover, "prove, in process", 1) for prover in ("zksettle", "snarkjs")}
        assert both <= set(least) and name in document["circuit"].replace("circuit", "little")
    works = {"prove, in process", "verify, in process", "prove, command"}
    assert {(of, work) for of, _, work, _ in least} == {(of, work) for of in ("little", "chain 2^4") for work in works}
    for row in document["ratios"]:
        ours = least.get((row["case"], "zksettle", row["work"], row["threads"]))
        assert row["ratio"] is None if ours is None else row["ratio"] == pytest.approx(row["min_s"] / ours, abs=0.006)
    assert any("zksnake" in note for note in document["notes"])  # not installed, or no circuit.r1cs
    around = document["environment"]
    zkey = hashlib.sha256((folder / "circuit.zkey").read_bytes()).hexdigest()
    assert around["files"]["little"]["circuit.zkey"] == zkey
    assert any("snarkjs" in name and "node v" in words for name, words in around["programs"].items())
    assert (tmp_path / "peers.svg").read_text().count("</svg>") == 1


def test_two_circuits_of_one_name_are_refused_before_measuring(home, case, tmp_path):
    folders = [shutil.copytree(case, tmp_path / name / "same") for name in "ab"]
    refused(zksettle(home, "bench", "peers", *folders), 3, "called same")


@pytest.mark.parametrize("arguments, word", [((), "--sizes"), (("--sizes", "4,5", "--ceremony", "3"), "one FOLDER")])
def test_peers_need_something_to_compare(home, arguments, word):
    refused(zksettle(home, "bench", "peers", *arguments), 2, word)


def test_making_a_key_is_measured_as_commands_on_the_same_files(home, case, tmp_path):
    node.folder()
    folder = shutil.copytree(case, tmp_path / "case")
    (folder / "circuit.r1cs").write_bytes(iden3.container(b"r1cs", 1, iden3.r1cs_sections(cubic.system())))
    document = report(home, "peers", folder, "--ceremony", "2", "--plot", tmp_path / "peers.svg")
    steps = [t for t in document["timings"] if "2^" in t["size"]]
    works = {"powersoftau prepare phase2, 2^2", "groth16 setup, 2^3", "zkey contribute, 2^3", "zkey verify, 2^3"}
    measured_steps = {(t["name"].split()[0], t["size"]) for t in steps}
    assert measured_steps == {(name, work) for name in ("zksettle", "snarkjs") for work in works}
    ratios = {row["work"]: row["ratio"] for row in document["ratios"] if row["prover"].startswith("snarkjs")}
    assert all(ratios[work] > 0 for work in works)
    assert (tmp_path / "peers.svg").read_text().count("</svg>") == 1


def test_making_a_key_needs_the_circuit_file(home, case):
    refused(zksettle(home, "bench", "peers", case, "--ceremony", "2"), 3, "circuit.r1cs")


def test_without_any_peer_the_reasons_are_given_before_measuring(home, case, monkeypatch):
    monkeypatch.delenv("ZKSETTLE_NODE", raising=False)
    monkeypatch.setattr(zksnake, "PACKAGE", "a_package_that_is_not_there")
    refused(zksettle(home, "bench", "peers", case), 1, "nothing to compare with", "pip install", "rapidsnark")


def test_a_folder_without_the_files_is_malformed_input(home, tmp_path):
    refused(zksettle(home, "bench", "peers", tmp_path), 3, "circuit.zkey")


def test_a_failing_peer_is_noted_and_the_others_are_measured(home, case, tmp_path, monkeypatch):
    monkeypatch.delenv("ZKSETTLE_NODE", raising=False)
    program = tmp_path / "prover"
    program.write_text("#!/bin/sh\necho out of luck >&2\nexit 9\n")
    program.chmod(0o700)
    document = report(home, "peers", case, "--rapidsnark", program)
    assert any("out of luck" in note for note in document["notes"])
    assert {t["name"] for t in document["timings"]} == {"zksettle"}


def test_a_named_peer_is_measured_at_the_work_that_is_wanted_alone(home, case, tmp_path, monkeypatch):
    monkeypatch.delenv("ZKSETTLE_NODE", raising=False)
    files = (case / "circuit.zkey", case / "witness.wtns", tmp_path / "proof", tmp_path / "public")
    assert zksettle(home, "groth16", "prove", *files).code == 0
    command = f"cp {tmp_path / 'proof'} {{proof}}"
    document = report(home, "peers", case, "--peer", "copier", command, "--only", "command")
    measured_works = {(timing["name"], timing["size"]) for timing in document["timings"]}
    assert measured_works == {(name, "prove, command") for name in ("zksettle", "copier")}
    assert command in document["environment"]["programs"]["copier"].replace("'", "")
    refused(zksettle(home, "bench", "peers", case, "--peer", "copier", ""), 3, "the command of copier is empty")


def test_runs_and_page_are_written_where_the_command_says(home, tmp_path):
    table, page = tmp_path / "runs.csv", tmp_path / "page.md"
    ran = zksettle(home, "bench", "ntt", "--sizes", "1", "--runs", "3", "--csv", table, "--markdown", page)
    assert ran.code == 0 and str(table) in ran.out and str(page) in ran.out
    assert len(table.read_text().splitlines()) == 1 + 2 * (1 + 3)
    assert f"    zksettle bench ntt --sizes 1 --runs 3 --csv {table}" in page.read_text()


def test_two_outputs_into_one_file_are_wrong_usage(home, tmp_path):
    both = ("--csv", tmp_path / "a", "--markdown", tmp_path / "a")
    refused(zksettle(home, "bench", "ntt", "--sizes", "1", *both), 2, "different files")
