"""The folder of a ceremony: the chain that its files make, and what is wrong with it.

    FOLDER/powers.ptau                 the powers of τ, of anybody's ceremony
           0000-start.json             settlement/ceremony/start.py
           0001-NAME.contribution      settlement/ceremony/contribution.py; each names the file before it by digest
           0002-…

Nobody coordinates: whoever has the folder may add a file and pass it on.  Two files that follow the same one are a
fork, which people must settle by dropping one.  Here the files are read one by one, and digests, places and signatures
are looked at, which takes no kernel; whether the points are right is settlement/ceremony/verifying.py.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from settlement.ceremony import contribution, start
from settlement.ceremony.contribution import SUFFIX, Contribution, Head
from settlement.ceremony.start import Start
from zk.errors import FormatError, InvalidProof
from zk.formats import openfile

MAX_FILES = 10_000
LEAST_PARTIES = 2


@dataclass(frozen=True)
class Link:
    """A contribution in the folder: where it lies, its file's SHA-256, and what its contributor says."""

    path: Path
    digest: str
    head: Head


@dataclass(frozen=True)
class Transcript:
    """What a folder holds.  `chain` is as far as it can be followed; `problems` says why it ends there, if it should
    not, and everything else that is wrong, the first first."""

    folder: Path
    start: Start
    start_digest: str
    chain: tuple[Link, ...]
    problems: tuple[FormatError | InvalidProof, ...]

    @property
    def powers(self) -> Path:
        """Where the powers of τ lie, or should."""
        return self.folder / start.POWERS_FILE

    @property
    def digest(self) -> str:
        """64 hex digits that stand for all of it: the digest of the last file of the chain."""
        return self.chain[-1].digest if self.chain else self.start_digest

    @property
    def contributions(self) -> int:
        """How many contributions are not a beacon's."""
        return sum(link.head.beacon is None for link in self.chain)

    @property
    def signers(self) -> frozenset[str]:
        """The keys under which these are signed: nobody can forge when one of their owners forgot the secret, and one
        of those who made the powers forgot theirs."""
        return frozenset(link.head.public_key for link in self.chain if link.head.beacon is None)

    @property
    def is_by_many(self) -> bool:
        """Whether two keys signed contributions and the powers have two: less is one party's work for certain.

        More may be, too: anybody can make any number of keys, and no program can tell.  Who the keys belong to, and
        who made the powers, is for people to find out.
        """
        return len(self.signers) >= LEAST_PARTIES and self.start.powers.contributions >= LEAST_PARTIES

    @property
    def has_beacon(self) -> bool:
        """Whether the chain ends with a beacon, after which nobody may contribute."""
        return bool(self.chain) and self.chain[-1].head.beacon is not None


def survey(folder: Path) -> Transcript:
    """The folder's chain and everything that is wrong with it but the points.

    Raises FormatError when there is no start, or it is for other circuits than this program's.
    """
    if not (folder / start.FILE).is_file():
        raise FormatError(f"{folder} is not the folder of a ceremony: there is no {start.FILE} in it")
    data = _read(folder / start.FILE, start.MAX_FILE_BYTES)
    begun, digest = start.decode(data, start.FILE), hashlib.sha256(data).hexdigest()
    start.check_statements(begun.circuits, start.FILE)
    links, problems = _links(folder, len(begun.circuits))
    chain, more = _chain(digest, links)
    problems += more
    if not (folder / start.POWERS_FILE).is_file():
        problems.append(FormatError(f"{start.POWERS_FILE} is missing"))
    return Transcript(folder, begun, digest, tuple(chain), tuple(problems))


def read(folder: Path) -> Transcript:
    """The folder's chain.  Raises FormatError or InvalidProof for the first thing that is wrong with it."""
    found = survey(folder)
    if found.problems:
        raise found.problems[0]
    return found


def load(link: Link) -> Contribution:
    """A contribution with its points, which `survey` does not keep.  Raises FormatError when the file has changed."""
    data = _read(link.path, contribution.MAX_FILE_BYTES)
    if hashlib.sha256(data).hexdigest() != link.digest:
        raise FormatError(f"{link.path.name} was changed while it was read")
    return contribution.decode(data, link.path.name)


def _links(folder: Path, statements: int) -> tuple[list[Link], list[FormatError | InvalidProof]]:
    """Every contribution in the folder that can be read and is signed, by name, and what is wrong with the others."""
    links, problems = [], []
    paths = sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIX) and not path.name.startswith("."))
    if len(paths) > MAX_FILES:
        raise FormatError(f"there are {len(paths)} contributions in {folder}, and {MAX_FILES} is the limit")
    for path in paths:
        try:
            if not path.name.isprintable():  # whoever is shown it must not have their terminal written to
                raise FormatError(f"the file {path.name!a} has a name that cannot be printed")
            data = _read(path, contribution.MAX_FILE_BYTES)
            found = contribution.decode(data, path.name)
            if len(found.shares) != statements:
                raise FormatError(
                    f"{path.name} is about {len(found.shares)} statements, and the start lists {statements}"
                )
            contribution.check_signature(found, path.name)
        except (FormatError, InvalidProof) as error:
            problems.append(error)
            continue
        if not path.name.startswith(f"{found.head.number:04d}-"):
            problems.append(FormatError(f"{path.name} is contribution {found.head.number} by what it says inside"))
        links.append(Link(path, hashlib.sha256(data).hexdigest(), found.head))
    return links, problems


def _chain(digest: str, links: list[Link]) -> tuple[list[Link], list[FormatError | InvalidProof]]:
    """The links from the start on as far as exactly one rightly follows another, and what is wrong with the rest."""
    chain: list[Link] = []
    rest = list(links)
    while following := [link for link in rest if link.head.previous == digest]:
        if complaint := _complaint(chain, following):
            return chain, [InvalidProof(complaint)]
        chain += following
        digest = following[0].digest
        rest.remove(following[0])
    return chain, [InvalidProof(f"{link.path.name} follows a file that is not here, or was changed") for link in rest]


def _complaint(chain: list[Link], following: list[Link]) -> str | None:
    """What is wrong with these links as the next of the chain, None when nothing is."""
    before = chain[-1].path.name if chain else start.FILE
    names, head = " and ".join(link.path.name for link in following), following[0].head
    if len(following) > 1:
        return f"{names} both follow {before}, which is a fork: keep one of them"
    if head.number != len(chain) + 1:
        return f"{names} follows {before}, and says that it is number {head.number}"
    if chain and chain[-1].head.beacon is not None:
        return f"{names} follows a beacon, after which nothing may come"
    if head.beacon is not None and not chain:
        return f"{names} is a beacon, and nobody contributed before it"
    return None


def _read(path: Path, limit: int) -> bytes:
    """A file's bytes.  Raises FormatError, naming it, when there is none or it is larger than the limit."""
    with openfile.opened(path) as file:
        size = file.seek(0, os.SEEK_END)
        if size > limit:
            raise FormatError(f"{path} has {size} bytes, and {limit} is the limit")
        file.seek(0)
        return file.read()
