"""What a home has of farms is in its backup: the secret key of one, and the keys of the queues that it has used."""

import pytest

from prover.backup import restoring, saving
from prover.farm import farmkey, pins
from prover.machine.home import Home
from tests.prover.backup.homes import NOW_MS
from zk.errors import FormatError


def test_a_farms_key_and_the_keys_of_queues_are_saved(tmp_path):
    home, restored = Home(tmp_path / "home"), Home(tmp_path / "restored")
    made = farmkey.create(home.farm_key)
    farmkey.identity(home.farm / "identity.json")
    pins.pinned(home.path, "postgresql://farm@db/queue", None, made.public)
    manifest = saving.save(home, tmp_path / "backup", NOW_MS)
    assert {each.name for each in manifest.files} == {"farm/key.json", "queues.json"}
    restoring.restore(tmp_path / "backup", restored)
    assert farmkey.read(restored.farm_key).public == made.public
    with pytest.raises(FormatError, match="the one of the first use"):
        pins.pinned(restored.path, "postgresql://farm@db/queue", None, farmkey.create(tmp_path / "other.json").public)


@pytest.mark.parametrize("name", ["farm/key.json", "queues.json"])
def test_a_backup_with_a_damaged_file_of_a_farm_is_refused(tmp_path, name):
    home = Home(tmp_path / "home")
    pins.pinned(home.path, "postgresql://farm@db/queue", None, farmkey.create(home.farm_key).public)
    (home.path / name).write_text("{}")
    with pytest.raises(FormatError, match="cannot be restored|is missing"):
        saving.save(home, tmp_path / "backup", NOW_MS)
        restoring.restore(tmp_path / "backup", Home(tmp_path / "restored"))
