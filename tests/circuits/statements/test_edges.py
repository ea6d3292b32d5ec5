"""The edges of every kind of input, put in the place of each input of each statement: claim and constraints agree."""

from dataclasses import fields, is_dataclass, replace

import pytest

from circuits import registry, samples
from circuits.statements.statement import KINDS
from tests.circuits.statements.lies import violation
from zk.fields.prime import R

FIELD = [(R - 1) // 2, R - 2, R - 1, 2**251 - 1, 2**251, 2**253]
SIGNED = [0, 1, -1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64, (R - 1) // 2, -((R - 1) // 2)]
ELEMENT = -1  # of an array of numbers, the one that is changed: all are alike in the circuit


def edges(kind, is_public):
    """The corpus of a kind.  Public numbers stay in their range, which the verifier sees to."""
    low, end, _ = KINDS[kind]
    around = [low, low + 1, end // 2, end - 1]
    return around if is_public else SIGNED if kind == "i64" else dict.fromkeys([*around, *FIELD, end % R])


def changed(instance, is_public):
    """(place, instance with one number at an edge) for each place and each edge."""
    for field in fields(instance):
        inside = getattr(instance, field.name)
        if is_dataclass(inside):
            for place, other in changed(inside, is_public):
                yield f"{field.name}.{place}", replace(instance, **{field.name: other})
        else:
            for place, other in _changed_numbers(inside, field.metadata["kind"], is_public):
                yield f"{field.name}{place}", replace(instance, **{field.name: other})


def _changed_numbers(inside, kind, is_public):
    if not isinstance(inside, tuple):
        yield from ((f" = {edge}", edge) for edge in edges(kind, is_public) if edge != inside)
        return
    for place, other in _changed_numbers(inside[ELEMENT], kind, is_public):
        yield f"[{ELEMENT}]{place}", (*inside[:ELEMENT], other)


@pytest.mark.parametrize("name", registry.names())
def test_claim_and_constraints_agree_at_every_edge(name):
    public, private = samples.honest(name)[0]
    claim = registry.get(name)
    corpus = [(place, other, private) for place, other in changed(public, True)]
    corpus += [(place, public, other) for place, other in changed(private, False)]
    assert len(corpus) > 20
    for place, *lie in corpus:
        by_claim, by_constraints = claim.relation(*lie), violation(name, *lie)
        scope = by_constraints and by_constraints.path.split("/")[0]
        assert by_claim == scope, f"{place}: the claim says {by_claim}, the constraints say {scope}"
