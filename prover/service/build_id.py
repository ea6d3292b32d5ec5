"""The build id: a digest of all sources.

A service keeps running when the program is updated, and may then prove another statement than its client means.  So a
service works only for clients with its own build id.
"""

import hashlib
import os
from functools import lru_cache
from pathlib import Path

PACKAGES = ("zk", "circuits", "settlement", "prover")
ENDINGS = (".py", ".json")


@lru_cache(maxsize=1)
def current() -> str:
    """The build id of this process, 32 hexadecimal digits, computed once.  About 3 ms."""
    root = Path(__file__).parents[2]
    return digest([root / package for package in PACKAGES])


def digest(folders: list[Path]) -> str:
    """The first 32 hexadecimal digits of a SHA-256 over the names and contents of the sources in some folders."""
    hashed = hashlib.sha256()
    for top in folders:
        for folder, inside, names in os.walk(top):
            inside.sort()
            for name in sorted(names):
                if name.endswith(ENDINGS):
                    path = os.path.join(folder, name)
                    with open(path, "rb") as file:
                        data = file.read()
                    hashed.update(f"{os.path.relpath(path, top.parent)}\0{len(data)}\0".encode() + data)
    return hashed.hexdigest()[:32]
