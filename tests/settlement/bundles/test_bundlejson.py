"""A bundle's JSON document stands for its bytes, for nothing else, and names the field that is wrong."""

import json
from copy import deepcopy
from dataclasses import replace

import pytest
from hypothesis import given, settings

from settlement.bundles import bundle, bundlejson, encoding
from settlement.bundles.bundle import Bundle
from tests.settlement.bundles import test_encoding
from tests.settlement.bundles.test_encoding import BUNDLE, LEG, bundles
from zk.errors import FormatError
from zk.formats import strictjson


def document_of(whole: Bundle) -> dict:
    """The document as whoever receives it has it."""
    data = json.dumps(bundlejson.write(whole)).encode()
    return strictjson.loads(data, "the bundle", len(data), bundlejson.MAX_VALUES)


@settings(max_examples=60)
@given(bundles())
def test_a_document_stands_for_the_bytes_of_its_bundle(whole):
    assert bundlejson.read(document_of(whole)) == encoding.encode_bundle(whole)


def test_people_read_amounts_accounts_and_parties():
    (flow,) = document_of(BUNDLE)["legs"][0]["flows"]
    assert flow == {"asset": 1, "amount": "-2", "account": "outside", "party": "ab", "reference": "ref"}


@pytest.mark.parametrize(
    ("label", "shown"), [(b"bank: A", "bank: A"), (b"\xffx", "0xff78"), (b"0x41", "0x30783431"), (b"", "")]
)
def test_a_party_is_shown_as_text_where_it_is_one_and_always_in_one_way(label, shown):
    party = replace(test_encoding.FLOW, party=label)
    document = document_of(replace(BUNDLE, legs=(replace(LEG, flows=(party,)), BUNDLE.legs[1])))
    assert document["legs"][0]["flows"][0]["party"] == shown
    assert encoding.decode_bundle(bundlejson.read(document)).legs[0].flows[0].party == label


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("legs", 0, "public", "root"), 1, "legs[0].public.root is not a decimal number written as a string"),
        (("legs", 0, "public", "root"), "01", "legs[0].public.root is not a decimal number"),
        (("legs", 0, "public", "tag"), "1", "a field that its bytes leave out"),
        (("legs", 0, "public", "guard"), 2**32, "legs[0].public.guard is not an integer from 0 to 4294967295"),
        (("legs", 0, "public", "value_x"), "2", "value"),
        (("legs", 0, "flows", 0, "party"), "0x6162", "neither printable ASCII"),
        (("legs", 0, "flows", 0, "party"), "x" * 300, "no place for"),
        (("legs", 0, "flows", 0, "account"), "OUTSIDE", "account is not 'outside'"),
        (("legs", 0, "flows", 0, "amount"), str(2**63), "amount is out of range"),
        (("legs", 0, "key"), "00", "legs[0].key has 2 hexadecimal digits instead of 64"),
        (("legs", 0, "ciphertexts", 0), "00", "legs[0].ciphertexts[0] has 2 hexadecimal digits instead of 548"),
        (("legs", 0, "escrow", "ciphertext"), ["1"], "legs[0].escrow.ciphertext is not an array of 8 elements"),
        (("seizures", 0, "public", "stale_before"), -1, "stale_before"),
        (("conversions", 0, "proof", "z_amount"), "-1", "z_amount is out of range"),
        (("binding", "s"), str(2**251), "binding.s is out of range"),
        (("attestations",), [], "attestation"),
        (("legs",), [], "legs has 0 elements"),
    ],
)
def test_a_false_field_is_named(path, value, reason):
    document = deepcopy(document_of(BUNDLE))
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(FormatError) as refused:
        bundlejson.read(document)
    assert reason in str(refused.value)


def test_the_largest_bundle_is_within_the_limits_of_a_document():
    flows = (replace(test_encoding.FLOW, party=b"\xff" * 64, reference=b"r" * 64, amount=-(2**63 - 1)),) * 16
    leg = replace(LEG, flows=(), ciphertexts=LEG.ciphertexts * 2, is_insurance=True, expiry_ms=10**14)
    full = replace(leg, flows=flows)
    count = bundle.MAX_BUNDLE_FLOWS + bundle.MAX_LEGS
    whole = Bundle(
        BUNDLE.ledger_id, (full,) * 4 + (leg,) * 28, BUNDLE.seizures * bundle.MAX_SEIZURES,
        BUNDLE.conversions * bundle.MAX_CONVERSIONS, BUNDLE.binding, (BUNDLE.binding,) * count,
    )  # fmt: skip
    assert len(json.dumps(document_of(whole))) < 6 * encoding.MAX_BUNDLE_BYTES
    assert bundlejson.read(document_of(whole)) == encoding.encode_bundle(whole)
