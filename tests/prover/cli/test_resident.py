"""A resident prover as a process, with real proofs: it loses nothing, reveals nothing and leaves nothing behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from circuits import samples
from circuits.statements import statement
from prover.proofs import prooffile, proving
from prover.service import client
from tests.patience import PATIENCE_S, until
from tests.prover.cli.run import refused, zksettle
from tests.reference import qap
from tests.zk.fields import cubic
from tests.zk.formats import iden3
from zk.groth16 import generator

ROOT = Path(__file__).parents[3]


@contextlib.contextmanager
def prover(home: Path, workers: int = 2):
    """`zksettle prover serve` once it says that it runs; (process, file of all that it writes)."""
    command = [sys.executable, "-m", "prover.cli.main", "prover", "serve", "--workers", str(workers)]
    command += ["--home", str(home)]
    with (home / "printed").open("wb") as printed:
        process = subprocess.Popen(command, cwd=ROOT, stdout=printed, stderr=printed, start_new_session=True)
    try:
        until(lambda: b"is running" in (home / "printed").read_bytes() or process.poll() is not None)
        yield process, home / "printed"
    finally:
        process.kill()
        process.wait()


def workers(home: Path) -> list[dict]:
    found = client.status(home / "service")
    assert found is not None
    return found.fields["workers"]


def descendants(pid: int) -> set[int]:
    """All processes below one, as Linux lists them."""
    found: set[int] = set()
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, path.read_text().split()):
                found |= {child, *descendants(child)}
    return found


@pytest.fixture(scope="module")
def own(keystore, tmp_path_factory) -> Path:
    """A home with the session's keys, whose path is short enough for a socket."""
    made = tmp_path_factory.mktemp("r")
    (made / "keys").symlink_to(keystore.folder("leg").parent, target_is_directory=True)
    return made


@pytest.fixture(scope="module")
def running(own):
    """A home in which a prover runs."""
    with prover(own) as (process, _):
        yield own
        assert process.poll() is None


@pytest.fixture(scope="module")
def leg(own) -> Path:
    path = own / "leg.json"
    path.write_text(zksettle(own, "circuit", "sample", "leg").out)
    return path


def test_it_proves_a_statement_and_the_command_says_so(running, leg, tmp_path):
    ran = zksettle(running, "prove", "leg", leg, "-o", tmp_path / "proof.json")
    assert ran.code == 0 and "by the resident prover" in ran.out and ran.err == ""
    assert zksettle(running, "verify", tmp_path / "proof.json").code == 0


def test_no_service_keeps_the_command_from_asking_it(running, leg, tmp_path):
    ran = zksettle(running, "prove", "leg", leg, "-o", tmp_path / "proof.json", "--no-service", "--json")
    assert ran.code == 0 and json.loads(ran.out)["service"] is False


def test_it_proves_a_circom_circuit(running, tmp_path, monkeypatch):
    (tmp_path / "circuit.zkey").write_bytes(iden3.zkey(generator.generate(cubic.system())))
    (tmp_path / "witness.wtns").write_bytes(iden3.wtns(qap.cubic_witness(3, 5)))
    monkeypatch.chdir(tmp_path)  # the service stands elsewhere
    ran = zksettle(running, "groth16", "prove", "circuit.zkey", "witness.wtns", "proof.json", "public.json", "--json")
    assert ran.code == 0 and json.loads(ran.out)["service"] is True
    here = zksettle(running, "groth16", "prove", "circuit.zkey", "witness.wtns", "p.json", "q.json", "--no-service")
    assert here.code == 0 and "resident" not in here.out
    assert Path("public.json").read_text() == Path("q.json").read_text()
    assert Path("proof.json").read_text() != Path("p.json").read_text(), "every proof is blinded afresh"
    (tmp_path / "witness.wtns").write_bytes(iden3.wtns([*qap.cubic_witness(3, 5)[:-1], 7]))
    refused(
        zksettle(running, "groth16", "prove", "circuit.zkey", "witness.wtns", "p.json", "q.json"), 1, "does not satisfy"
    )
    refused(zksettle(running, "groth16", "prove", "circuit.zkey", "nosuch", "p.json", "q.json"), 3, "cannot be read")


def test_false_and_malformed_inputs_are_refused_in_the_same_words_as_without_it(running, leg, tmp_path):
    document = json.loads(leg.read_text())
    document["private"]["new"]["balances"][0] = str(int(document["private"]["new"]["balances"][0]) + 1)
    (tmp_path / "false.json").write_text(json.dumps(document))
    document["private"]["alpha"] = "-1"
    (tmp_path / "bad.json").write_text(json.dumps(document))
    for name, code in (("false", 1), ("bad", 3)):
        ran = zksettle(running, "prove", "leg", tmp_path / f"{name}.json", "-o", tmp_path / "proof.json")
        refused(ran, code)
        alone = zksettle(
            running, "prove", "leg", tmp_path / f"{name}.json", "-o", tmp_path / "proof.json", "--no-service"
        )
        assert ran == alone


def test_concurrent_proofs_are_each_for_their_own_inputs(running, keystore):
    asked = [(name, *sample) for name in ("leg", "margin") for sample in samples.honest(name)] * 2

    def ask(name, public, private):
        inputs = {"public": statement.to_json(public), "private": statement.to_json(private)}
        return client.prove_statement(running / "service", name, json.dumps(inputs).encode(), pytest.fail)

    with ThreadPoolExecutor(len(asked)) as threads:
        answers = list(threads.map(lambda each: ask(*each), asked))
    for (name, public, _), answer in zip(asked, answers, strict=True):
        found = prooffile.decode(answer.parts[0])
        assert found.public == public and answer.fields["key"]
        proving.verify_file(found, proving.own_key(name, keystore))


def test_a_worker_killed_during_a_proof_loses_no_request_and_leaves_no_witness_behind(running, keystore, leg):
    data, asked = leg.read_bytes(), 6
    before = {worker["pid"] for worker in workers(running)}
    with ThreadPoolExecutor(asked) as threads:
        answers = []

        def are_all_busy() -> bool:
            """Asks once more, so that requests are waiting whenever this looks."""
            answers.append(threads.submit(client.prove_statement, running / "service", "leg", data, pytest.fail))
            return all(worker["busy"] for worker in workers(running))

        until(are_all_busy)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
    for answer in answers:
        proving.verify_file(prooffile.decode(answer.result().parts[0]), proving.own_key("leg", keystore))
    assert before.isdisjoint(worker["pid"] for worker in workers(running))
    written = [path for path in running.rglob("*") if path.is_file() and "keys" not in path.parts and path != leg]
    secrets = [value for _, value in statement.leaves(samples.honest("leg")[0][1]) if value > 1 << 100]
    assert (running / "printed") in written and len(secrets) > 10
    for path in written:
        text = path.read_bytes()
        for secret in secrets:
            assert str(secret).encode() not in text and secret.to_bytes(32, "little") not in text, path


def test_status_reports_what_it_did_and_no_more(running, leg, tmp_path):
    zksettle(running, "prove", "leg", leg, "-o", tmp_path / "proof.json")
    shown = json.loads(zksettle(running, "prover", "status", "--json").out)
    assert shown["running"] is True and len(shown["workers"]) == 2 and shown["answered"]["done"] > 0
    text = zksettle(running, "prover", "status").out
    assert f"process {shown['pid']}" in text and "done" in text and str(tmp_path) not in text


def test_a_second_prover_in_the_same_home_is_refused(running, own):
    command = [sys.executable, "-m", "prover.cli.main", "prover", "serve", "--home", str(own)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 1 and "in use by another process" in done.stderr and done.stdout == ""
    assert len(workers(running)) == 2


def test_a_client_imports_nothing_slow(running, leg, tmp_path):
    heavy = {"numba", "numpy", "rich", "gmpy2", "asyncio", "filelock", "cryptography", "multiprocessing"}
    (tmp_path / "circuit.zkey").write_bytes(iden3.zkey(generator.generate(cubic.system())))
    (tmp_path / "witness.wtns").write_bytes(iden3.wtns(qap.cubic_witness(3, 5)))
    words = [
        "groth16",
        "prove",
        *(str(tmp_path / name) for name in ("circuit.zkey", "witness.wtns", "p.json", "q.json")),
    ]
    script = f"""
import sys
from prover.cli.main import main
assert main([*{words!r}, "--home", {str(running)!r}]) == 0
print(sorted(set(sys.modules) & {heavy!r}), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "[]\n" and "resident" in done.stdout


def test_status_and_stop_work_without_a_prover(tmp_path):
    assert "is not running" in zksettle(tmp_path, "prover", "status").out
    assert json.loads(zksettle(tmp_path, "prover", "status", "--json").out) == {"running": False}
    assert json.loads(zksettle(tmp_path, "prover", "stop", "--json").out) == {"stopped": False}


@pytest.mark.skipif(sys.platform != "linux", reason="it is Linux that lists a process's children")
@pytest.mark.parametrize("end", ["SIGTERM", "Ctrl-C", "stop"])
def test_it_ends_cleanly(keystore, tmp_path_factory, end):
    home = tmp_path_factory.mktemp("e")
    (home / "keys").symlink_to(keystore.folder("leg").parent, target_is_directory=True)
    with prover(home, workers=1) as (process, printed):
        below = descendants(process.pid)
        assert len(below) >= 2, "the server that forks, and the worker"
        if end == "stop":
            assert zksettle(home, "prover", "stop").out == "The prover has ended.\n"
        elif end == "SIGTERM":
            process.terminate()
        else:
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        assert process.wait(PATIENCE_S) == 0
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below))
        assert not (home / "service" / "socket").exists()
        said = printed.read_text()
        assert said.endswith("The prover is running with 1 worker. Ctrl-C ends it.\nThe prover has ended.\n")
        assert "Traceback" not in said
