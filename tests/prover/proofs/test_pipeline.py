"""The pipeline: a true statement is proved, a false one is refused by name, and a bad proof does not leave."""

from dataclasses import replace

import pytest

from circuits import samples as samples_of_statements
from circuits.statements import statement
from prover.proofs import pipeline
from prover.trader import addresses, assembly, keys, owing, plan
from tests.prover import pools
from tests.settlement.bundles import samples
from zk.errors import FormatError, InvalidProof, Unsatisfied
from zk.groth16 import verifier

SEED = keys.derive("abandon " * 23 + "art")


@pytest.fixture(scope="module")
def made():
    """The plan of a deposit."""
    pool = pools.make()
    setting, target = owing.Setting(pool, pool.parameters, None), plan.Target(addresses.of(SEED, 0))
    return plan.deposit(setting, plan.genesis_source(5), target, samples.flow(0, 7, b"bank"), 1)


def test_a_true_statement_is_proved_and_the_proof_is_of_nothing_else(made, keystore):
    proof = pipeline.prove("leg", made.public, made.private, keystore)
    key = keystore.open("leg").verifying
    verifier.verify(key, statement.inputs(made.public), proof)
    with pytest.raises(InvalidProof):
        verifier.verify(key, statement.inputs(replace(made.public, root=6)), proof)


def test_py_ecc_is_of_the_same_opinion(made, keystore):
    from zk.groth16 import second_opinion

    proof, key = pipeline.prove("leg", made.public, made.private, keystore), keystore.open("leg").verifying
    inputs = statement.inputs(made.public)
    second_opinion.verify(key, inputs, proof)
    with pytest.raises(InvalidProof):
        second_opinion.verify(key, [inputs[0] + 1, *inputs[1:]], proof)


def test_a_false_statement_is_refused_by_name_and_nothing_is_proved(made, keystore, monkeypatch):
    monkeypatch.setattr(keystore, "open", lambda name: pytest.fail("the key was opened"))
    with pytest.raises(Unsatisfied, match="the leg statement is false: nullifier"):
        pipeline.prove("leg", replace(made.public, nullifier=1), made.private, keystore)


def test_a_proof_that_does_not_verify_never_leaves(made, keystore, monkeypatch):
    from zk.groth16 import prover

    good = prover.prove
    pipeline.prove("leg", made.public, made.private, keystore)
    assert keystore.nearby.near("leg", made.public.nullifier) == made.public
    monkeypatch.setattr(prover, "prove", lambda key, witness, sums: replace(good(key, witness), c=key.delta_g1))
    with pytest.raises(InvalidProof):
        pipeline.prove("leg", made.public, made.private, keystore)
    assert keystore.nearby.near("leg", made.public.nullifier) is None, "the machine may have damaged what it began with"


def test_a_margin_is_verified_under_the_grid_that_it_was_proved_for_and_no_other(keystore, monkeypatch):
    public, private = samples_of_statements.honest("margin")[0]
    other = replace(public, grid=tuple(tuple(2 * price for price in row) for row in public.grid))
    proofs = [(each, pipeline.prove("margin", each, private, keystore)) for each in (public, other, public)]
    fix, folded = verifier.fix, []
    monkeypatch.setattr(verifier, "fix", lambda key, suffix: folded.append(suffix) or fix(key, suffix))
    for (each, proof), wrong in zip(proofs, (other, public, other), strict=True):
        verifier.verify(keystore.open("margin").verifying, statement.inputs(each), proof)
        keystore.verify("margin", statement.inputs(each), proof)
        with pytest.raises(InvalidProof):
            keystore.verify("margin", statement.inputs(wrong), proof)
        with pytest.raises(InvalidProof):
            keystore.verify("margin", [1, *statement.inputs(each)[1:]], proof)
    assert [len(suffix) for suffix in folded] == [512] * len(folded) and len(folded) < 9, "the last one is kept"


def test_a_leg_is_not_proved_with_keys_that_the_pool_does_not_have(made, keystore):
    with pytest.raises(FormatError, match="is not the one this ledger's pool verifies with"):
        assembly.leg(made, pools.make(), keystore)
