"""The pipeline from the inputs of a statement to its proof: relation → witness → prove → verify.

A false statement is refused before anything is computed, in the words of its relation.  Every proof is verified before
it is returned, so a broken key or a faulty machine cannot publish a proof that leaks or fails.

The keystore keeps the newest witnesses, from which proofs that come after them begin (prover/proofs/nearby.py).  With a
farm, other machines make the proofs (prover/farm): the relation is checked and the proof verified here all the same.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from circuits import registry
from circuits.frontend import program
from circuits.statements import statement
from prover.machine import tasks
from prover.proofs import purposes, together
from prover.proofs.keystores import Keystore
from zk.errors import InvalidProof, Unsatisfied
from zk.groth16.keys import Proof


def prove(name: str, public: Any, private: Any, keystore: Keystore) -> Proof:
    """A proof that the statement is true of these inputs.

    Raises Unsatisfied, naming the line of the relation that is false, and FormatError when the key is damaged.
    """
    from zk.hashes import quick  # loads the kernels, which the proof needs anyway

    false_line = registry.get(name).relation(public, private, quick.hash)
    if false_line is not None:
        raise Unsatisfied(f"the {name} statement is false: {false_line}")
    key = keystore.open(name)
    with tasks.task(f"Proving {name}"):
        public_inputs = statement.inputs(public)
        if keystore.farm is not None:
            made = keystore.farm.prove(
                key, public, private, purposes.current(), lambda proof: keystore.verify(name, public_inputs, proof)
            )
            if made is not None:
                return made
        witness = program.run(key.program, public_inputs + statement.inputs(private))
        from zk.groth16 import prover

        sums = keystore.nearby.begin(name, public, private, key.proving, witness)
        proof = prover.prove(key.proving, witness, sums=sums)
        try:
            keystore.verify(name, public_inputs, proof)
        except InvalidProof:
            keystore.nearby.forget()  # it may be what the machine damaged
            raise
    return proof


def prove_many(
    name: str, pairs: Sequence[tuple[Any, Any]], keystore: Keystore
) -> list[Proof | Unsatisfied | InvalidProof]:
    """For each pair of inputs a proof, made together with the others, or why there is none.

    Those near each other share their sums, but none begins from what `prove` has kept.  A farm is asked for all of them
    at once.

    Raises FormatError when the key is damaged.
    """
    from zk.hashes import quick

    if keystore.farm is not None and pairs:
        with ThreadPoolExecutor(len(pairs)) as asking:
            begun = [asking.submit(copy_context().run, _made, name, public, private, keystore)
                     for public, private in pairs]  # fmt: skip
            return [each.result() for each in begun]
    made: list[Proof | Unsatisfied | InvalidProof | None] = [None] * len(pairs)
    true: list[int] = []
    for place, (public, private) in enumerate(pairs):
        false_line = registry.get(name).relation(public, private, quick.hash)
        if false_line is None:
            true.append(place)
        else:
            made[place] = Unsatisfied(f"the {name} statement is false: {false_line}")
    if true:
        key = keystore.open(name)
        public_inputs = [statement.inputs(pairs[place][0]) for place in true]
        private_inputs = [statement.inputs(pairs[place][1]) for place in true]
        with tasks.task(f"Proving {len(true)} times {name}"):
            inputs = [ours + theirs for ours, theirs in zip(public_inputs, private_inputs, strict=True)]
            proofs = together.prove(key.proving, together.witnesses(key.program, inputs), public_inputs)
        for place, proof in zip(true, proofs, strict=True):
            made[place] = proof
    return [one for one in made if one is not None]


def _made(name: str, public: Any, private: Any, keystore: Keystore) -> Proof | Unsatisfied | InvalidProof:
    try:
        return prove(name, public, private, keystore)
    except (Unsatisfied, InvalidProof) as error:
        return error


def prepare(name: str, public: Any, private: Any, keystore: Keystore) -> None:
    """Computes what proofs near this one begin from, if there are such (prover/proofs/nearby.py), and proves nothing.

    For a keystore without a farm: what other machines prove begins from nothing here.

    Raises FormatError when the key is damaged.
    """
    key = keystore.open(name)
    with tasks.task(f"Preparing {name}"):
        witness = program.run(key.program, statement.inputs(public) + statement.inputs(private))
        keystore.nearby.begin(name, public, private, key.proving, witness, is_prepared=True).result()
