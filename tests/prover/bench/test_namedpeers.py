"""Any prover can be measured that speaks the protocol, and none that proves something else.  No time is tested."""

import json
import shlex
import sys
from contextlib import ExitStack

import pytest

from prover.bench import casefiles, contenders, namedpeers, peerproofs, peers
from prover.bench.meters import Meter
from prover.bench.peerfiles import Unavailable
from prover.circom import proofs
from zk.errors import FormatError
from zk.formats import snarkjs
from zk.runtime import parallel

LOOP = """
import json, sys
ready, *answers = sys.argv[1:]
print(ready, flush=True)
for line in sys.stdin:
    print(answers[["prove", "verify"].index(json.loads(line)["do"])], flush=True)
"""
WRITER = "import sys; open(sys.argv[2], 'w').write(sys.argv[1])"
READY, TOOK = '{"ready": true}', '{"seconds": 0.5}'
NAMES = {"{zkey}", "{wtns}", "{verification_key}", "{r1cs}", "{threads}", "{proof}", "{public}"}


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    return casefiles.write(4, tmp_path_factory.mktemp("chains") / "four")


@pytest.fixture(scope="module")
def made(chain):
    proof, public = proofs.prove(chain.zkey, chain.wtns)
    return json.loads(snarkjs.encode_proof(proof)), public


@pytest.fixture
def measured(chain, made, tmp_path):
    verifying = snarkjs.decode_verifying_key(chain.verification_key.read_bytes())

    def measure(*words, public=made[1]):
        named = namedpeers.parse("a peer", shlex.join((sys.executable, "-S", "-c", *words)))
        with ExitStack() as running:
            entered = namedpeers.enter(named, peerproofs.checker(verifying, public), chain, tmp_path, running)
            timings, notes = contenders.rounds(entered, 2, Meter(tmp_path))
        return [(timing.size, timing.threads, timing.runs_s) for timing in timings], notes

    return measure


def answer(proof, seconds=0.5):
    return json.dumps({"seconds": seconds, "proof": proof})


def test_a_peer_that_loads_its_files_once_is_measured_by_its_own_clock_on_each_number_of_threads(measured, made):
    timings, notes = measured(LOOP, READY, answer(made[0]), "{threads}")
    assert timings == [(contenders.PROVE, n, (0.5, 0.5)) for n in sorted({1, parallel.threads()})] and notes == []


def test_a_peer_may_verify_too_and_leave_out_what_every_proof_says(measured, made):
    points = {key: made[0][key] for key in ("pi_a", "pi_b", "pi_c")}
    timings, notes = measured(LOOP, '{"ready": true, "works": ["prove", "verify"]}', answer(points), TOOK)
    assert [work for work, _, _ in timings] == [contenders.PROVE, contenders.VERIFY] and notes == []


@pytest.mark.parametrize("said, why", [
    (answer(None), "does not prove these files"),
    (TOOK, "does not prove these files"),
    (answer({"pi_a": ["1", "2", "1"]}), "does not prove these files"),
    ('{"failed": "is out of luck"}', "a peer is out of luck"),
    ("proved!", "not a JSON object: proved!"),
    ("[1]", "not a JSON object"),
    ('{"seconds": -0.5}', "says that it took -0.5"),
    ('{"seconds": "0.5"}', "says that it took 0.5"),
    ("{}", "says that it took None"),
])  # fmt: skip
def test_a_peer_that_breaks_the_protocol_is_left_out_with_the_reason(measured, said, why):
    timings, (note,) = measured(LOOP, READY, said)
    assert timings == [] and why in note


def test_a_proof_of_something_else_is_not_measured(measured, made):
    timings, (note,) = measured(LOOP, READY, answer(made[0]), public=[made[1][0] + 1])
    assert timings == [] and "does not prove these files" in note


@pytest.mark.parametrize("words, why", [
    (("raise SystemExit('no licence')",), "no licence"),
    ((LOOP, '{"failed": "has no key"}'), "has no key"),
    ((LOOP, '{"ready": true, "works": ["set up"]}'), "set up"),
    ((LOOP, '{"ready": true, "works": "prove"}'), "offers prove"),
])  # fmt: skip
def test_a_peer_that_cannot_begin_says_why(measured, words, why):
    with pytest.raises(Unavailable, match=why):
        measured(*words)


def test_a_command_is_measured_when_it_wrote_a_proof_each_time(measured, made):
    timings, notes = measured(WRITER, json.dumps(made[0]), "{proof}")
    assert [work for work, _, _ in timings] == [contenders.COMMAND] and notes == []
    timings, (note,) = measured(WRITER, "{}", "{proof}")
    assert timings == [] and "does not prove these files" in note
    once = "import os, sys; os.path.exists(sys.argv[3]) or [open(n, 'w').write(sys.argv[1]) for n in sys.argv[2:]]"
    timings, (note,) = measured(once, json.dumps(made[0]), "{proof}", "{public}")
    assert timings == [] and "wrote no proof" in note


def test_every_name_in_braces_is_replaced_and_other_braces_stay(chain):
    with ExitStack() as running:
        outputs = peerproofs.outputs(running)
        words = (*sorted(NAMES), "--key={zkey}", "{x}", "{}")
        *filled, key, other, empty = namedpeers._filled(words, chain, 3, outputs)
    paths = (outputs.proof, outputs.public, chain.r1cs, 3, chain.verification_key, chain.wtns, chain.zkey)
    assert filled == list(map(str, paths)) and (key, other, empty) == (f"--key={chain.zkey}", "{x}", "{}")


@pytest.mark.parametrize("command, why", [("", "empty"), ("a 'b", "cannot be split")])
def test_a_command_without_words_is_refused(command, why):
    with pytest.raises(FormatError, match=why):
        namedpeers.parse("a peer", command)


def test_a_report_tells_which_program_a_peer_was(tmp_path):
    script = tmp_path / "loop.py"
    script.write_text("")
    described = namedpeers.parse("a peer", shlex.join(("env", str(script), "{zkey}"))).described()
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert (
        described.startswith(f"env {script} '{{zkey}}'; env has SHA-256 ")
        and f"loop.py has SHA-256 {empty}" in described
    )


def test_two_provers_of_one_name_are_refused_before_anything_is_measured(chain, tmp_path):
    for names in (("zksettle",), ("a", "a")):
        named = [namedpeers.parse(name, "true") for name in names]
        with pytest.raises(FormatError, match="two provers are called"):
            peers.bench(peers.Request([chain.folder], [], named, tmp_path, 1))
