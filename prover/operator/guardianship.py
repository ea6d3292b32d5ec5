"""The guardians of a pool that is founded on one machine: their shares, dealt here once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from prover.machine import files, secretfile
from prover.trader import keys
from settlement.parameters import Guardians
from zk import entropy, signature
from zk.curves import babyjubjub
from zk.formats import dataclassjson

FORMAT: Final = "zksettle-lone-guardian"
VERSION: Final = 1
WHAT = "a guardian's keys"


@dataclass(frozen=True, repr=False)
class _GuardianFile(keys.Secret):
    format: Literal["zksettle-lone-guardian"]
    version: Literal[1]
    decrypting: Annotated[int, dataclassjson.decimal(1, babyjubjub.ORDER)]
    signing: Annotated[int, dataclassjson.decimal(1, babyjubjub.ORDER)]


def find_or_deal(folder: Path, members: int, threshold: int) -> Guardians:
    """The record of the guardians whose shares are in the folder, dealt when there are none."""
    path = files.make_folder(folder) / "1.json"
    found = secretfile.find(path, _GuardianFile, WHAT)
    if found is None:
        secrets = (entropy.scalar(babyjubjub.ORDER) for _ in range(2))
        found = _GuardianFile(FORMAT, VERSION, *secrets)
        secretfile.create(path, found, WHAT)
    return Guardians(1, 1, 1, signature.public(found.decrypting), signature.public(found.signing), stale_before=0)
