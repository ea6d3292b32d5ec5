"""Verifying a ceremony from its transcript recomputes its keys, and names the contribution that is invalid."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from circuits import registry
from settlement.ceremony import shares, start, transcript, verifying
from settlement.ceremony.contribution import Share
from settlement.pool.pool import StatementKey
from tests.prover import pools as any_pools
from tests.settlement.ceremony import chains, toys
from zk import entropy
from zk.ceremony import phase2, proof_of_knowledge
from zk.ceremony.chacha import Draws
from zk.curves import bn254, g2
from zk.errors import FormatError, InvalidProof
from zk.fields.prime import R
from zk.formats.zkeyfile import KeyFile


@pytest.fixture(scope="module", autouse=True)
def toy_statements():
    with toys.statements():
        yield


@pytest.fixture(scope="module")
def made(toy_statements, tmp_path_factory):
    """A verified ceremony with contributions by Alice and Bob; the tests work on copies of its folder."""
    folder = tmp_path_factory.mktemp("ceremonies") / "made"
    toys.begin(folder)
    toys.contribute(folder, "Alice", 1)
    toys.contribute(folder, "Bob", 2)
    return toys.verified(folder)


@pytest.fixture
def folder(made, tmp_path, monkeypatch):
    """A copy of the folder.  Its powers are the same for all tests, and verified only by those about powers."""
    monkeypatch.setattr(verifying, "check_powers", lambda powers, step: made.transcript.start.powers.contributors)
    return shutil.copytree(made.transcript.folder, tmp_path / "ceremony")


def test_a_valid_ceremony_verifies_and_yields_its_keys(made, folder):
    toys.end(folder)
    found = toys.verified(folder)
    assert found.transcript.contributions == 2 and found.transcript.has_beacon
    assert [by.name for by in made.transcript.start.powers.contributors] == ["Dora", "Emil"]
    for name, key in found.keys.items():
        assert [c.attribution.name for c in key.ceremony.contributions] == ["Alice", "Bob", "beacon"]
        verifying_key = found.verifying_key(name)
        assert verifying_key == found.proving_key(name).verifying and verifying_key.delta_g2 != verifying_key.gamma_g2
        assert verifying_key.num_public == len(key.ic) - 1


def test_a_key_without_contributions_is_not_usable(tmp_path):
    found = toys.begin(tmp_path / "ceremony")
    with pytest.raises(FormatError, match="delta = ±gamma"):
        found.verifying_key("leg")


@pytest.fixture
def add(made, folder):
    """Adds a contribution by Mallory, correctly signed and chained, whose share of leg is the result of `change`."""

    def by_mallory(change: Callable[[KeyFile], Share], name: str = "Mallory", **changes) -> None:
        leg, *others = made.keys.values()
        honest = [shares.encode(phase2.contribute(key, "Mallory")) for key in others]
        chains.add(folder, name, 7, [change(leg), *honest], **changes)

    return by_mallory


def refused(folder, kind: type[Exception], why: str) -> None:
    with pytest.raises(kind, match=why):
        toys.verified(folder)


def by_secret(before: KeyFile, secret: int, stated: int | None = None) -> KeyFile:
    """A contribution that multiplies δ by this secret and proves knowledge of it, or of the `stated` one instead."""
    stated = stated or secret
    s = Draws(entropy.token(32)).g1()
    digest = hashlib.blake2b(before.ceremony.circuit_hash)
    for contribution in before.ceremony.contributions:
        digest.update(contribution.hashed())
    seed = phase2.transcript(digest, s, bn254.multiply(stated, s))
    proof = proof_of_knowledge.prove(stated, s, proof_of_knowledge.hash_to_g2(seed))
    honest = phase2.contribute(before, "Mallory")
    delta_g1, delta_g2 = (bn254.multiply(secret, point) for point in (before.header.delta_g1, before.header.delta_g2))
    record = replace(honest.ceremony.contributions[-1], delta_g1=delta_g1, proof=proof, transcript=seed)
    ceremony = replace(honest.ceremony, contributions=(*before.ceremony.contributions, record))
    return replace(before, header=replace(before.header, delta_g1=delta_g1, delta_g2=delta_g2), ceremony=ceremony)


def divided(before: KeyFile, key: KeyFile, secret: int) -> KeyFile:
    """The key with the points c and h divided by the secret."""
    inverse = pow(secret, -1, R)

    def by(points: np.ndarray) -> np.ndarray:
        return np.concatenate([_multiplied(row, inverse) for row in points])

    return replace(key, l_query=by(before.l_query), h_query=by(before.h_query))


def _multiplied(row: np.ndarray, factor: int) -> np.ndarray:
    from zk.curves import g1

    (point,) = g1.decode(row[np.newaxis])
    return g1.encode([None if point is None else bn254.multiply(factor, point)])


def test_the_helpers_of_these_attacks_can_also_contribute_honestly(folder, add):
    add(lambda before: shares.encode(divided(before, by_secret(before, 5), 5)))
    assert toys.verified(folder).transcript.contributions == 3


def test_a_contribution_of_the_secret_1_is_refused(folder, add):
    add(lambda before: shares.encode(divided(before, by_secret(before, 1), 1)))
    refused(folder, InvalidProof, "leg: contribution 3 multiplies delta by 1 or -1: it adds no secret")


def test_a_contribution_of_the_secret_minus_1_is_refused(folder, add):
    add(lambda before: shares.encode(divided(before, by_secret(before, R - 1), R - 1)))
    refused(folder, InvalidProof, "leg: contribution 3 multiplies delta by 1 or -1")


def test_points_c_that_were_not_divided_are_refused(folder, add):
    def change(before: KeyFile) -> Share:
        return shares.encode(replace(phase2.contribute(before, "Mallory"), l_query=before.l_query))

    add(change)
    refused(folder, InvalidProof, "0003-mallory.contribution: leg: the points c of the key are not the")


def test_points_h_that_were_not_divided_are_refused(folder, add):
    def change(before: KeyFile) -> Share:
        return shares.encode(replace(phase2.contribute(before, "Mallory"), h_query=before.h_query))

    add(change)
    refused(folder, InvalidProof, "0003-mallory.contribution: leg: the points h of the key are not the")


def test_a_delta_in_g2_that_differs_from_delta_in_g1_is_refused(folder, add):
    def change(before: KeyFile) -> Share:
        other = bn254.multiply(9, before.header.delta_g2)
        return replace(shares.encode(phase2.contribute(before, "Mallory")), delta_g2=g2.encode([other]).tobytes())

    add(change)
    refused(folder, InvalidProof, "0003-mallory.contribution: leg: the key: delta in G2 differs from delta in G1")


def test_a_delta_of_an_unproven_secret_is_refused(folder, add):
    """A contributor who replaces δ by one only they know, proving knowledge of something else, could forge alone."""
    add(lambda before: shares.encode(divided(before, by_secret(before, 5, stated=6), 5)))
    refused(folder, InvalidProof, "leg: contribution 3: delta is not multiplied by the proven secret")


def test_another_contributors_proof_cannot_be_replayed(folder, add):
    def change(before: KeyFile) -> Share:
        honest, bob = phase2.contribute(before, "Mallory"), before.ceremony.contributions[-1]
        again = replace(honest.ceremony.contributions[-1], proof=bob.proof, transcript=bob.transcript)
        return shares.encode(replace(honest, ceremony=replace(honest.ceremony, contributions=(again,))))

    add(change)
    refused(folder, InvalidProof, "leg: contribution 3: the transcript is not the hash of the earlier contributions")


def test_a_contribution_to_an_older_key_is_refused(made, folder, add):
    """As when two people contribute at once and one of them writes the other's digest into their file."""

    def change(before: KeyFile) -> Share:
        return shares.encode(phase2.contribute(made.initial["leg"], "Mallory"))

    add(change)
    refused(folder, InvalidProof, "leg: contribution 3: the transcript is not the hash of the earlier contributions")


def test_a_beacon_contribution_with_another_secret_is_refused(made, folder):
    def change(before: KeyFile) -> Share:
        drawn = phase2.beacon(before, bytes.fromhex("0102"), 10, "beacon")
        chosen = phase2.contribute(before, "beacon")
        record = replace(chosen.ceremony.contributions[-1], attribution=drawn.ceremony.contributions[-1].attribution)
        return shares.encode(replace(chosen, ceremony=replace(chosen.ceremony, contributions=(record,))))

    leg, *others = made.keys.values()
    honest = [shares.encode(phase2.beacon(key, bytes.fromhex("0102"), 10, "beacon")) for key in others]
    chains.add(folder, "beacon", 7, [change(leg), *honest], beacon=chains.BEACON)
    refused(folder, InvalidProof, "leg: contribution 3: its secret is not the one that its beacon yields")


@pytest.mark.parametrize("name, beacon", [("Bob", None), ("Mallory", chains.BEACON)])
def test_a_record_that_names_another_contributor_than_the_head_is_refused(folder, add, name, beacon):
    add(lambda before: shares.encode(phase2.contribute(before, "Mallory")), name, beacon=beacon)
    refused(folder, InvalidProof, "leg: the record names another contributor than the file's head")


def changed(part: str, change: Callable[[bytes], bytes]) -> Callable[[KeyFile], Share]:
    def by_mallory(before: KeyFile) -> Share:
        share = shares.encode(phase2.contribute(before, "Mallory"))
        return replace(share, **{part: change(getattr(share, part))})

    return by_mallory


@pytest.mark.parametrize("part, change, why", [
    ("l_query", lambda data: data[:-64], "the points c has .* bytes instead of"),
    ("h_query", lambda data: data + bytes(64), "the points h has .* bytes instead of"),
    ("l_query", lambda data: bytes([data[0] ^ 1]) + data[1:], "the points c"),
    ("h_query", lambda data: b"\xff" * 32 + data[32:], "the points h"),
    ("delta_g2", lambda data: bytes(128), "delta is the identity"),
    ("delta_g2", lambda data: b"\xff" * 32 + data[32:], "delta has a number that is not below the modulus"),
    ("delta_g2", lambda data: data[64:] + data[:64], "delta is not on the curve of G2"),
    ("record", lambda data: data[:-1], "cut short"),
    ("record", lambda data: data + b"\0", "0003-mallory.contribution: leg"),
    ("record", lambda data: bytes([data[0] ^ 1]) + data[1:], "not a single contribution to the key of this circuit"),
    ("record", lambda data: data[:64] + bytes(4), "not a single contribution to the key of this circuit"),
])  # fmt: skip
def test_malformed_points_and_records_are_refused(folder, add, part, change, why):
    add(changed(part, change))
    refused(folder, FormatError, why)


def test_the_shares_of_two_statements_cannot_be_exchanged(made, folder):
    exchanged = [shares.encode(phase2.contribute(key, "Mallory")) for key in made.keys.values()]
    chains.add(folder, "Mallory", 7, exchanged[::-1])
    refused(folder, FormatError, "leg is not a single contribution to the key of this circuit")


def test_a_ceremony_does_not_begin_with_a_start_that_cannot_be_read(tmp_path, monkeypatch):
    monkeypatch.setattr(start, "MAX_FILE_BYTES", 100)
    with pytest.raises(FormatError, match="0000-start.json has .* bytes"):
        toys.begin(tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["new.ptau"]


def rewritten(folder, **changes) -> None:
    """Replaces the start and removes all contributions."""
    for path in folder.glob("*.contribution"):
        path.unlink()
    begun = transcript.survey(folder).start
    (folder / start.FILE).write_bytes(start.encode(replace(begun, **changes)))


def test_other_powers_than_the_start_describes_are_refused(folder):
    (folder / start.POWERS_FILE).write_bytes(toys.prepared(1))
    refused(folder, FormatError, "powers.ptau is not the file described by 0000-start.json: its SHA-256 is")


def test_a_start_with_other_contributors_to_the_powers_is_refused(folder):
    powers = transcript.read(folder).start.powers
    rewritten(folder, powers=replace(powers, contributors=powers.contributors * 20))
    refused(folder, InvalidProof, "0000-start.json lists other contributors than powers.ptau")


def test_a_start_with_another_power_is_refused(folder):
    rewritten(folder, powers=replace(transcript.read(folder).start.powers, power=5))
    refused(folder, FormatError, "powers.ptau is for 2\\^4 constraints, but 0000-start.json says 2\\^5")


def test_a_start_with_another_circuit_hash_is_refused(folder):
    first, second, *others = transcript.read(folder).start.circuits
    rewritten(folder, circuits=(first, replace(second, hash=first.hash), *others))
    refused(folder, InvalidProof, "0000-start.json has a wrong circuit hash of margin for these powers")


def test_unprepared_powers_are_refused_before_they_are_verified(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(verifying, "check_powers", lambda *_: pytest.fail("they were verified first"))
    data = toys.unprepared()
    with pytest.raises(FormatError, match="not prepared for phase 2"):
        toys.begin(tmp_path / "new", data)
    (folder / start.POWERS_FILE).write_bytes(data)
    rewritten(folder, powers=replace(transcript.read(folder).start.powers, sha256=hashlib.sha256(data).hexdigest()))
    refused(folder, FormatError, "not prepared for phase 2")


class Begun(Exception):
    pass


@pytest.mark.parametrize("power, most", [(14, 110 << 20), (20, 700 << 20)])
def test_the_memory_estimate_for_verifying_powers_is_realistic(power, most):
    def step(what: str, memory_bytes: int):
        raise Begun(memory_bytes)

    with pytest.raises(Begun) as raised:
        verifying.check_powers(SimpleNamespace(is_prepared=True, power=power), step)
    assert 500 << power < raised.value.args[0] < most


def test_invalid_powers_are_refused_when_a_ceremony_begins_and_when_it_is_verified(
    folder, tmp_path, monkeypatch
):
    monkeypatch.undo()
    wrong = bytearray(toys.prepared())
    other = toys.prepared(1)
    wrong[-64:] = other[-64:]  # the last Lagrange point, of another ceremony
    with pytest.raises(InvalidProof, match="lagrange_beta_g1 is not the Lagrange form of beta_g1"):
        toys.begin(tmp_path / "new", bytes(wrong))
    assert not (tmp_path / "new").exists() and not list(tmp_path.glob(".new*"))
    (folder / start.POWERS_FILE).write_bytes(wrong)
    digest = hashlib.sha256(wrong).hexdigest()
    rewritten(folder, powers=replace(transcript.read(folder).start.powers, sha256=digest))
    refused(folder, InvalidProof, "lagrange_beta_g1 is not the Lagrange form of beta_g1")


def test_problems_of_the_chain_are_raised_before_any_point_is_verified(folder):
    (folder / "0001-alice.contribution").unlink()
    with pytest.raises(InvalidProof, match="0002-bob.contribution follows a file that is missing"):
        verifying.verify(transcript.survey(folder))


def pool_of(found, transcript_digest: str | None = None):
    digest = transcript_digest or found.transcript.digest
    keys = {
        name: StatementKey(name, registry.pinned(name), found.verifying_key(name), digest) for name in registry.names()
    }
    return replace(any_pools.make(), **keys, insecure_dev=False)


def test_a_pools_keys_are_compared_with_the_ceremony_it_names(made):
    found = made
    verifying.check_pool(pool_of(found), found)
    with pytest.raises(InvalidProof, match="leg key is not from ceremony .*: ceremony abababababababab"):
        verifying.check_pool(pool_of(found, "ab" * 32), found)
    with pytest.raises(InvalidProof, match="leg key is not from ceremony .*: development, made by one party"):
        verifying.check_pool(any_pools.make(), found)


@pytest.mark.parametrize("name", ["leg", "margin"])
def test_a_pool_with_a_key_that_differs_from_its_ceremonys_is_refused(made, name):
    """A development key under the name of a ceremony is what auditing against the transcript detects."""
    found = made
    pool = pool_of(found)
    own = replace(any_pools.any_key(name), fingerprint=registry.pinned(name))
    lying = replace(pool, **{name: replace(own, transcript=found.transcript.digest)})
    with pytest.raises(InvalidProof, match=f"{name} key differs from the key of ceremony"):
        verifying.check_pool(lying, found)


@pytest.mark.parametrize("name", ["leg", "margin"])
def test_a_pool_with_a_key_of_another_circuit_is_refused(made, name):
    pool = pool_of(made)
    other = replace(pool, **{name: replace(getattr(pool, name), fingerprint="ab" * 32)})
    with pytest.raises(InvalidProof, match=f"the pool's {name} key is for another version of the statement"):
        verifying.check_pool(other, made)
