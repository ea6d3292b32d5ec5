"""Many bundles are decoded at once as each alone: the same bundle, or the same error in the same words."""

from dataclasses import replace

import pytest

from settlement.bundles import encoding, manybundles
from settlement.bundles.bundle import Conversion, ConversionProof
from settlement.checks import checks
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from tests.reference import babyjubjub as slow
from tests.settlement import guarded
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import LATER_MS, NOW_MS
from zk.curves.babyjubjub import BASE8, GENERATOR, ORDER
from zk.errors import FormatError
from zk.fields.prime import P

TORSION = slow.multiply(ORDER, GENERATOR)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    with Ledger.create(tmp_path_factory.mktemp("many") / "ledger.sqlite", samples.pool(), NOW_MS) as created:
        samples.publish(created, NOW_MS)
        yield created


@pytest.fixture(scope="module")
def bundles(ledger):
    """One of each kind: cash, a deposit, on margin with a conversion, seized."""
    on_margin = samples.bind(ledger.ledger_id, samples.make(ledger), guarded.guarded(ledger, expiry_ms=LATER_MS))
    conversion = Conversion(8, BASE8, ConversionProof(BASE8, 1, 2))
    seized = samples.bind(ledger.ledger_id, *guarded.beside(ledger, samples.make(ledger), guarded.seizure(ledger)))
    made = [samples.bind(ledger.ledger_id, samples.make(ledger), samples.make(ledger)), samples.deposit(ledger, 5),
            replace(on_margin, conversions=(conversion,)), seized]  # fmt: skip
    return [encoding.encode_bundle(one) for one in made]


def alone(data):
    try:
        return encoding.decode_bundle(data)
    except FormatError as error:
        return type(error), str(error)


def together(data):
    return [(type(one), str(one)) if isinstance(one, FormatError) else one for one in manybundles.decode(data)]


def test_good_bundles_are_the_same(bundles):
    assert together(bundles) == [encoding.decode_bundle(one) for one in bundles]
    assert manybundles.decode([]) == []


def test_a_changed_byte_anywhere_has_the_same_effect_and_none_on_its_neighbours(bundles):
    for number, good in enumerate(bundles):
        damaged = []
        for at in range(0, len(good), 13):
            changed = bytearray(good)
            changed[at] ^= 1 << at % 8
            damaged.append(bytes(changed))
        damaged += [good[:-1], good + b"\0", b"", good[:4]]
        company = bundles[:number] + damaged + bundles[number:]
        expected = [alone(one) for one in company]
        assert any(isinstance(one, tuple) for one in expected)
        assert together(company) == expected


def test_every_point_of_a_bundle_is_looked_at(bundles):
    """Each coordinate pair of a point on Baby Jubjub gets a part of small order; each of a proof leaves its curve."""
    for good in bundles:
        points, proofs = _places(good)
        assert len(points) > 3 and proofs
        damaged = []
        for at in points:
            x, y = (int.from_bytes(good[i : i + 32], "big") for i in (at, at + 32))
            outside = b"".join(part.to_bytes(32, "big") for part in slow.add((x, y), TORSION))
            damaged.append(good[:at] + outside + good[at + 64 :])
            identity = (0).to_bytes(32, "big") + (1).to_bytes(32, "big")
            damaged.append(good[:at] + identity + good[at + 64 :])
        for start in proofs:
            for at in range(start, start + 256, 32):
                value = (int.from_bytes(good[at : at + 32], "big") + 1) % P
                damaged.append(good[:at] + value.to_bytes(32, "big") + good[at + 32 :])
        expected = [alone(one) for one in damaged]
        assert all(isinstance(one, tuple) for one in expected)
        assert together(damaged) == expected


def _places(data):
    """Where the points and the proofs of a bundle are in its bytes."""
    taken = manybundles._Points()
    encoding.decode_bundle_unchecked(data, taken)
    return [data.index(point) for point in taken.points], [data.index(proof) for proof in taken.proofs]


def test_their_rejections_are_those_of_one_bundle(bundles):
    too_long = bytes(encoding.MAX_BUNDLE_BYTES + 1)
    too_many = bundles[0][:36] + bytes([33]) + bundles[0][37:]
    sent = [too_long, too_many, b"", *bundles]
    answers = checks.decode_bundles(sent)
    assert [isinstance(answer, Rejected) for answer in answers] == [True] * 3 + [False] * len(bundles)
    for data, answer in zip(sent, answers[:3], strict=False):
        with pytest.raises(Rejected) as refused:
            checks.decode_bundle(data)
        assert (answer.rejection, str(answer)) == (refused.value.rejection, str(refused.value))
    kinds = [answer.rejection for answer in answers[:3]]
    assert kinds == [Rejection.TOO_LARGE, Rejection.TOO_LARGE, Rejection.MALFORMED]
