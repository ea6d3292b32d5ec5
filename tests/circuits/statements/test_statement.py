"""The inputs of a statement: their order, their JSON, and every kind of bad document."""

import copy
import json

import pytest

from circuits import registry, samples
from circuits.frontend import compiler
from circuits.statements import leg, statement
from zk.errors import FormatError
from zk.fields.prime import R

HONEST = {name: samples.honest(name)[0] for name in registry.names()}


def document(name):
    public, private = HONEST[name]
    return {"public": statement.to_json(public), "private": statement.to_json(private)}


@pytest.mark.parametrize("name", registry.names())
def test_reading_inverts_writing(name):
    assert statement.read(registry.get(name), json.dumps(document(name)).encode()) == HONEST[name]


@pytest.mark.parametrize("name", registry.names())
def test_leaves_come_in_the_order_of_the_circuits_inputs(name):
    circuit = registry.compiled(name)
    public, private = HONEST[name]
    assert tuple(path for path, _ in statement.leaves(public)) == circuit.public_names
    assert tuple(path for path, _ in statement.leaves(private)) == circuit.private_names


@pytest.mark.parametrize("name", registry.names())
def test_a_blank_has_the_shape_of_the_inputs(name):
    for blank, honest in zip(registry.get(name).blank(), HONEST[name], strict=True):
        assert [path for path, _ in statement.leaves(blank)] == [path for path, _ in statement.leaves(honest)]
        assert not any(statement.inputs(blank))


def test_public_fields_are_named_with_their_shapes():
    assert registry.get("margin").public_fields == ("commitment", "grid[32][16]")
    assert registry.get("margin").num_public == 513 and registry.get("leg").num_public == 11


def test_a_negative_balance_is_encoded_as_the_modulus_minus_its_size():
    _, private = HONEST["leg"]
    index = [path for path, _ in statement.leaves(private)].index("old.balances[9]")
    assert statement.inputs(private)[index] == R - 2**63


def change(*path):
    """Sets document[path[0]]...[path[-2]] to path[-1]."""

    def apply(target):
        for step in path[:-2]:
            target = target[step]
        target[path[-2]] = path[-1]

    return apply


BAD = [  # a change to an honest leg                            the message that names it
    (change("public", "root", str(R)), "public.root is out of range"),
    (change("public", "root", "-1"), "public.root is out of range"),
    (change("public", "root", 5), "public.root is not a decimal number written as a string"),
    (change("public", "root", "05"), "public.root is not a decimal"),
    (change("public", "root", "+5"), "public.root is not a decimal"),
    (change("public", "root", "-0"), "public.root is not a decimal"),
    (change("public", "root", "1_0"), "public.root is not a decimal"),
    (change("public", "root", " 1"), "public.root is not a decimal"),
    (change("public", "root", "1\n"), "public.root is not a decimal"),
    (change("public", "root", "0x1"), "public.root is not a decimal"),
    (change("public", "root", "\u0661"), "public.root is not a decimal"),
    (change("public", "root", "9" * 5000), "public.root is not a decimal"),
    (change("public", "root", None), "public.root is not a decimal"),
    (change("public", "root", ["1"]), "public.root is not a decimal"),
    (change("public", "adds", "2"), "public.adds is out of range: it must be 0 or 1"),
    (change("public", []), "public is not an object"),
    (change("public", "more", "1"), "public has an unknown field 'more'"),
    (lambda d: d["public"].pop("nullifier"), "public.nullifier is missing"),
    (lambda d: d["private"]["old"].pop("rho"), "private.old.rho is missing"),
    (change("private", "old", "more", "1"), "private.old has an unknown field"),
    (change("private", "old", "1"), "private.old is not an object"),
    (change("private", "old", "balances", 3, str(2**63)), r"private.old.balances\[3\] is out of range"),
    (change("private", "new", "balances", 15, str(-(2**63) - 1)), r"private.new.balances\[15\] is out of range"),
    (change("private", "old", "guard", str(2**32)), "private.old.guard is out of range"),
    (change("private", "ak", ["1"]), "private.ak is not an array of 2"),
    (change("private", "path", 5, ["1"] * 5), r"private.path\[5\] is not an array of 4"),
    (change("private", "path", 5, 2, "x"), r"private.path\[5\]\[2\] is not a decimal"),
    (change("private", "position", str(2**32)), "private.position is out of range"),
    (change("private", "blinding", str(2**251)), "private.blinding is out of range"),
    (change("private", "genesis", "-1"), "private.genesis is out of range"),
    (lambda d: d.pop("private"), "the input has no private"),
    (lambda d: d.update(more={}), "the input has the unknown key 'more'"),
]


@pytest.mark.parametrize("spoil, why", BAD)
def test_an_error_names_the_place_in_a_bad_document(spoil, why):
    spoiled = copy.deepcopy(document("leg"))
    spoil(spoiled)
    with pytest.raises(FormatError, match=why):
        statement.read(leg.STATEMENT, json.dumps(spoiled).encode())


@pytest.mark.parametrize(
    "text, why",
    [
        ("", "not JSON"),
        ("[]", "not an object"),
        ("[" * 100_000, "nests deeper"),
        ("1" * 5000, "a number of 5000 digits"),
        ("[1.5]", "only integers are allowed"),
        ('{"public": {}, "public": {}, "private": {}}', "the key 'public' twice"),
        (" " * (statement.MAX_JSON_BYTES + 1), "is the limit"),
    ],
)
def test_text_that_is_not_a_document_is_refused(text, why):
    with pytest.raises(FormatError, match=why):
        statement.read(leg.STATEMENT, text.encode())


def test_an_error_message_never_repeats_a_private_value():
    spoiled = document("leg")
    spoiled["private"]["nk"] = str(R + 123456789)
    with pytest.raises(FormatError) as caught:
        statement.read(leg.STATEMENT, json.dumps(spoiled).encode())
    assert str(R + 123456789) not in str(caught.value)


def test_compiling_twice_gives_the_same_circuit():
    again = compiler.compile_statement(leg.STATEMENT)
    assert compiler.fingerprint(again) == compiler.fingerprint(registry.compiled("leg"))
