"""The reason for each strict check: files that a verifier without it accepts, and that are refused here.

The careless verifier is tests/reference/careless.py.  snarkjs 0.7.6 is another one; it makes some of the checks.
"""

import json

import pytest

from tests import node
from tests.attacks import forgeries
from tests.attacks.forgeries import FORGERIES, ONLY_SNARKJS
from tests.reference import careless
from zk.errors import FormatError
from zk.formats import snarkjs
from zk.groth16 import verifier

NAMES = [forgery.name for forgery in FORGERIES]
VERIFY = """
const snarkjs = require('snarkjs'), fs = require('fs');
(async () => {
    const answers = [];
    for (const [key, inputs, proof] of JSON.parse(fs.readFileSync(process.argv[1], 'utf8'))) {
        answers.push(await snarkjs.groth16.verify(key, inputs, proof).catch(() => false));
    }
    console.log(JSON.stringify(answers));
    process.exit(0);
})();
"""


def ask_snarkjs(folder, triples: list) -> list[bool]:
    """Whether snarkjs accepts each (key, inputs, proof)."""
    (folder / "files.json").write_text(json.dumps(triples))
    return json.loads(node.run(VERIFY, str(folder / "files.json")).splitlines()[-1])


def refuse(key: bytes, public: bytes, proof: bytes, sentence: str) -> None:
    with pytest.raises(FormatError, match=sentence):
        trusted = snarkjs.decode_verifying_key(key)
        verifier.verify(trusted, snarkjs.decode_public(public, trusted.num_public), snarkjs.decode_proof(proof))


@pytest.mark.parametrize("forgery", FORGERIES, ids=NAMES)
def test_the_careless_verifier_accepts_it_and_ours_says_what_is_wrong(forgery):
    assert careless.accepts(forgery.key, forgery.public, forgery.proof)
    refuse(*forgery.files, forgery.sentence)


def test_the_careless_verifier_accepts_an_honest_proof_and_refuses_it_for_other_inputs():
    key, public, proof = forgeries.honest().values()
    assert careless.accepts(key, public, proof)
    assert not careless.accepts(key, [str(x) for x in forgeries.LIE], proof)
    verifier.verify(forgeries.KEY, forgeries.PUBLIC, forgeries.PROOF)


@pytest.mark.parametrize("forgery", ONLY_SNARKJS, ids=[forgery.name for forgery in ONLY_SNARKJS])
def test_what_only_snarkjs_accepts_is_refused(forgery):
    assert not careless.accepts(forgery.key, forgery.public, forgery.proof)
    refuse(*forgery.files, forgery.sentence)


def test_snarkjs_accepts_most_of_them(tmp_path):
    honest = list(forgeries.honest().values())
    wrong = [honest[0], [str(x) for x in forgeries.LIE], honest[2]]
    told = [*FORGERIES, *ONLY_SNARKJS]
    answers = ask_snarkjs(tmp_path, [honest, wrong, *([f.key, f.public, f.proof] for f in told)])
    assert dict(zip([f.name for f in told], answers[2:], strict=True)) == {f.name: f.snarkjs for f in told}
    assert answers[:2] == [True, False]


def first_wins(pairs: list) -> dict:
    return dict(reversed(pairs))


def test_two_readers_see_two_proofs_in_a_file_with_a_repeated_key():
    """An auditor's tool may show another proof than the one that the verifier checks."""
    key, public, proof = forgeries.honest().values()
    text = json.dumps(proof).replace("{", '{"pi_c": ["1", "2", "1"], ', 1)
    last, first = json.loads(text), json.loads(text, object_pairs_hook=first_wins)
    assert careless.accepts(key, public, last) and not careless.accepts(key, public, first)
    with pytest.raises(FormatError, match="the proof has the key 'pi_c' twice"):
        snarkjs.decode_proof(text.encode())


def test_a_set_of_nullifiers_kept_as_text_lets_one_be_spent_many_times():
    """The careless verifier reads all of these as 5, and each is a text that the set does not have yet."""
    key, _, proof = forgeries.honest().values()
    spellings = ["5", "05", " 5", "+5", "٥", "0_5", str(5 + forgeries.R)]
    assert len(set(spellings)) == len(spellings) and {int(text) % forgeries.R for text in spellings} == {5}
    assert careless.accepts(key, [spellings[-2], "0"], proof)
    for text in spellings[1:]:
        refuse(json.dumps(key).encode(), json.dumps([text, "0"]).encode(), json.dumps(proof).encode(), "public input 0")
