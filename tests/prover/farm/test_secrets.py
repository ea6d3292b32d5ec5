"""Who can read what: inputs only the workers, and no worker what spends."""

import stat

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from circuits import registry
from prover.farm import asking, farmkey, jobs, pins, sealing
from prover.farm.asking import Sealed
from prover.farm.farmkey import FarmPublic
from prover.farm.session import Session
from tests.patience import PATIENCE_S
from zk.errors import FormatError
from zk.fields.prime import R

JOB, KEY, DIGEST = b"j" * 16, b"k" * 32, b"d" * 32
URL = "postgresql://user:secret@host/database"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return farmkey.create(tmp_path_factory.mktemp("farm") / "farm.json")


def test_what_is_sealed_opens_for_its_job_key_and_digest_alone(keys, tmp_path):
    sealed = sealing.seal(keys.public, b"a witness", JOB, KEY, DIGEST)
    assert sealing.open(keys, sealed, JOB, KEY, DIGEST) == b"a witness"
    others = [(b"i" * 16, KEY, DIGEST), (JOB, b"l" * 32, DIGEST), (JOB, KEY, b"e" * 32)]
    for changed in others:
        with pytest.raises(FormatError, match="not sealed to this farm's key"):
            sealing.open(keys, sealed, *changed)
    with pytest.raises(FormatError, match="not sealed to this farm's key"):
        sealing.open(farmkey.create(tmp_path / "other.json"), sealed, JOB, KEY, DIGEST)
    for broken in (sealed[:-1] + bytes([sealed[-1] ^ 1]), bytes(32) + sealed[32:]):
        with pytest.raises(FormatError, match="not sealed to this farm's key"):
            sealing.open(keys, broken, JOB, KEY, DIGEST)
    with pytest.raises(FormatError, match="too short"):
        sealing.open(keys, sealed[:47], JOB, KEY, DIGEST)


def test_the_same_inputs_are_sealed_differently_each_time(keys):
    assert len({sealing.seal(keys.public, b"a witness", JOB, KEY, DIGEST) for _ in range(8)}) == 8


def test_the_sealing_is_what_its_head_says(keys):
    """RFC 5869 and RFC 8439 by `cryptography`, put together here from the formulas."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    mine = X25519PrivateKey.generate()
    farm = FarmPublic(mine.public_key().public_bytes_raw(), bytes(32))
    sealed = sealing.seal(farm, b"a witness", JOB, KEY, DIGEST)
    shared = mine.exchange(X25519PublicKey.from_public_bytes(sealed[:32]))
    info = sealed[:32] + farm.sealing
    derived = HKDF(hashes.SHA256(), 44, salt=b"zksettle/farm/sealing", info=info).derive(shared)
    opened = ChaCha20Poly1305(derived[:32]).decrypt(derived[32:], sealed[32:], JOB + KEY + DIGEST)
    assert opened == b"a witness"


def test_the_database_never_has_the_inputs(farm):
    secret = 0x1234567890ABCDEF1234567890ABCDEF
    job = farm.job(1)
    job = type(job)(job.key, [1, 7, secret], (1, 7))
    with farm.submitting() as submitter:
        submitter.submit([job])
    for table in ("jobs", "inputs", "attempts"):
        text = str(farm.sql(f"SELECT {table}::text FROM {table}"))
        assert secret.to_bytes(32, "little").hex() not in text, table
    assert (7).to_bytes(32, "little").hex() not in str(farm.sql("SELECT jobs::text FROM jobs"))


def test_no_secret_is_in_a_repr(farm, keys):
    job = farm.job(1)
    sealed = Sealed(job, DIGEST, b"1234567891")
    identity = farmkey.identity(farm.folder / "machine.json")
    shown = f"{keys!r} {identity!r} {job!r} {sealed!r}"
    assert "1234567891" not in shown and keys.opening.private_bytes_raw().hex() not in shown
    assert repr(keys) == "FarmKeys" and repr(identity) == "Identity"


def test_the_farms_file_is_private_is_never_replaced_and_is_read_strictly(tmp_path):
    path = tmp_path / "farm.json"
    keys = farmkey.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert farmkey.read(path).public == keys.public
    with pytest.raises(FileExistsError, match="a farm's key"):
        farmkey.create(path)
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))
    with pytest.raises(FormatError, match="version"):
        farmkey.read(path)
    with pytest.raises(FormatError, match="copy the file"):
        farmkey.read(tmp_path / "none.json")
    assert farmkey.identity(tmp_path / "me.json").public == farmkey.identity(tmp_path / "me.json").public
    assert stat.S_IMODE((tmp_path / "me.json").stat().st_mode) == 0o600


def test_the_key_of_the_first_use_is_pinned_and_another_one_refused(tmp_path):
    first, second = (farmkey.create(tmp_path / f"{n}.json").public for n in range(2))
    assert pins.pinned(tmp_path, URL, None, first) == first
    assert pins.pinned(tmp_path, URL.replace("secret", "changed"), None, first) == first
    with pytest.raises(FormatError, match=f"{second.fingerprint()} is not {first.fingerprint()}, the one of the first"):
        pins.pinned(tmp_path, URL, None, second)
    for other in (f"{URL}2", f"{URL}?host=/elsewhere", f"{URL}?port=5433"):
        assert pins.pinned(tmp_path, other, None, second) == second
    assert pins.pinned(tmp_path, f"{URL}?connect_timeout=3", None, first) == first
    assert "secret" not in (tmp_path / pins.NAME).read_text()


def test_a_given_key_counts_and_not_the_first_use(tmp_path):
    first, second = (farmkey.create(tmp_path / f"{n}.json").public for n in range(2))
    pins.pinned(tmp_path, URL, None, first)
    assert pins.pinned(tmp_path, URL, second.text(), second) == second
    with pytest.raises(FormatError, match="the one that was given"):
        pins.pinned(tmp_path, URL, second.text(), first)
    for wrong in ("", "00", second.text().upper(), second.text() + "00"):
        with pytest.raises(FormatError):
            farmkey.parse(wrong)


def test_a_submitter_seals_to_the_pinned_key_whatever_the_database_says_later(farm, tmp_path):
    """The owner of the database puts a key of his own there while a submitter runs."""
    other = farmkey.create(tmp_path / "other.json")
    with farm.submitting() as submitter:
        farm.sql("UPDATE farm SET public_key = %s", other.public.encoded())
        submitter.submit([farm.job(1)])
    ((sealed, job, digest),) = farm.sql("SELECT sealed, id, public_digest FROM inputs JOIN jobs ON id = job")
    with pytest.raises(FormatError):
        sealing.open(other, sealed, job, farm.key.digest, digest)
    assert sealing.open(farm.keys, sealed, job, farm.key.digest, digest)


def test_a_witness_has_what_spends_nowhere():
    """A leg is signed with the spending key, of which a witness has only the public half: no input is named else."""
    private = {
        "leg": {"ak", "nk", "old", "genesis", "position", "path", "new", "blinding", "alpha"},
        "margin": {"account"},
        "escrow": {"account", "e", "gk"},
        "seize": {"old", "position", "path", "scenario", "amount", "blinding"},
        "funds": {"ak", "nk", "account", "position", "path"},
    }
    assert {name: set(registry.get(name).Private.__dataclass_fields__) for name in registry.names()} == private


@pytest.mark.parametrize("data", [b"1" * 31, b"\xff" * 32, R.to_bytes(32, "little")])
def test_elements_are_decoded_strictly(data):
    assert jobs.decode(jobs.encode([0, R - 1]), "them") == [0, R - 1]
    with pytest.raises(FormatError):
        jobs.decode(data, "them")


@pytest.mark.parametrize("place, value", [
    (0, b"short"), (1, "unknown"), (1, None), (2, b""), (3, None), (4, b"p" * 255), (5, "w" * 32), (6, None),
    (7, b"c"), (8, None), (9, True), (9, "1"),
])  # fmt: skip
def test_a_row_is_read_strictly(place, value):
    row = [JOB, "done", KEY, DIGEST, b"p" * 256, b"w" * 32, b"s" * 64, b"c" * 64, "", 1, False]
    asking._found(tuple(row))
    row[place] = value
    with pytest.raises(FormatError):
        asking._found(tuple(row))


def test_what_the_database_says_is_shown_without_control_characters(farm):
    with farm.submitting() as submitter:
        ids = submitter.submit([farm.job(1)])
        farm.sql("UPDATE jobs SET state = 'parked', ended_ms = 1, reason = E'a\\x1b[2Jb\\nc'")
        (result,) = submitter.wait(ids, PATIENCE_S)
    assert result.reason == "a?[2Jb?c"


def test_a_password_is_in_no_message():
    for url in ("postgresql://user:pa@ss@nowhere.invalid/x", "postgresql:/user:pass", "postgresql://u:pass@h:x/y"):
        with pytest.raises(Exception) as raised:
            Session(url)
        assert "pass" not in str(raised.value) and "pa@ss" not in str(raised.value)
