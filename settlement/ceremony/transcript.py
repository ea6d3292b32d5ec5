"""The folder of a ceremony: the chain of its files, and what is wrong with it.

    FOLDER/powers.ptau                 the powers of tau, of any ceremony
           0000-start.json             settlement/ceremony/start.py
           0001-NAME.contribution      settlement/ceremony/contribution.py; each has the digest of the previous file
           0002-…

There is no coordinator: anybody may add a file and pass the folder on.  Two files that follow the same one are a fork,
which people must resolve by dropping one.  This module checks digests, order and signatures, which needs no kernel;
settlement/ceremony/verifying.py verifies the points.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from settlement.ceremony import contribution, start
from settlement.ceremony.contribution import SUFFIX, Head, SignedContribution
from settlement.ceremony.start import Start
from zk.errors import FormatError, InvalidProof
from zk.formats import openfile

MAX_FILES = 10_000
LEAST_PARTIES = 2


@dataclass(frozen=True)
class Link:
    """A contribution in the folder: its path, the SHA-256 of its file, and its head."""

    path: Path
    digest: str
    head: Head


@dataclass(frozen=True)
class Transcript:
    """The content of a folder.  `chain` ends at the first defect; `problems` lists that and all others, in order."""

    folder: Path
    start: Start
    start_digest: str
    chain: tuple[Link, ...]
    problems: tuple[FormatError | InvalidProof, ...]

    @property
    def powers(self) -> Path:
        """The path of the powers of tau, whether or not they exist."""
        return self.folder / start.POWERS_FILE

    @property
    def digest(self) -> str:
        """The digest of the last file of the chain, 64 hex digits, which identifies the whole transcript."""
        return self.chain[-1].digest if self.chain else self.start_digest

    @property
    def contributions(self) -> int:
        """The number of contributions that are not a beacon's."""
        return sum(link.head.beacon is None for link in self.chain)

    @property
    def signers(self) -> frozenset[str]:
        """The public keys under which the contributions that are not a beacon's are signed.

        Nobody can forge proofs if one of their owners deleted their secret, and one contributor to the powers did too.
        """
        return frozenset(link.head.public_key for link in self.chain if link.head.beacon is None)

    @property
    def is_by_many(self) -> bool:
        """Whether at least two keys signed contributions and the powers have at least two contributions.

        Otherwise the ceremony is the work of a single party.  It may be even so, because anybody can create any number
        of keys: people must find out who owns the keys and who contributed to the powers.
        """
        return len(self.signers) >= LEAST_PARTIES and self.start.powers.contributions >= LEAST_PARTIES

    @property
    def has_beacon(self) -> bool:
        """Whether the chain ends with a beacon, after which there can be no contribution."""
        return bool(self.chain) and self.chain[-1].head.beacon is not None


def survey(folder: Path) -> Transcript:
    """The folder's chain and everything that is wrong with it, except that points are not verified.

    Raises FormatError when there is no start, or it lists circuits that this program does not have.
    """
    if not (folder / start.FILE).is_file():
        raise FormatError(f"{folder} is not the folder of a ceremony: it has no {start.FILE}")
    data = _read(folder / start.FILE, start.MAX_FILE_BYTES)
    ceremony_start, digest = start.decode(data, start.FILE), hashlib.sha256(data).hexdigest()
    start.check_statements(ceremony_start.circuits, start.FILE)
    links, problems = _links(folder, len(ceremony_start.circuits))
    chain, chain_problems = _chain(digest, links)
    problems += chain_problems
    if not (folder / start.POWERS_FILE).is_file():
        problems.append(FormatError(f"{start.POWERS_FILE} is missing"))
    return Transcript(folder, ceremony_start, digest, tuple(chain), tuple(problems))


def read(folder: Path) -> Transcript:
    """The folder's chain.  Raises FormatError or InvalidProof for its first problem."""
    transcript = survey(folder)
    if transcript.problems:
        raise transcript.problems[0]
    return transcript


def load(link: Link) -> SignedContribution:
    """A contribution with its points, which `survey` discards.  Raises FormatError when the file has changed."""
    data = _read(link.path, contribution.MAX_FILE_BYTES)
    if hashlib.sha256(data).hexdigest() != link.digest:
        raise FormatError(f"{link.path.name} changed while it was read")
    return contribution.decode(data, link.path.name)


def _links(folder: Path, statements: int) -> tuple[list[Link], list[FormatError | InvalidProof]]:
    """The well-formed, signed contributions in the folder, by name, and what is wrong with the others."""
    links: list[Link] = []
    problems: list[FormatError | InvalidProof] = []
    paths = sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIX) and not path.name.startswith("."))
    if len(paths) > MAX_FILES:
        raise FormatError(f"there are {len(paths)} contributions in {folder}; the limit is {MAX_FILES}")
    for path in paths:
        try:
            if not path.name.isprintable():  # it is shown on terminals
                raise FormatError(f"the file {path.name!a} has a name that cannot be printed")
            data = _read(path, contribution.MAX_FILE_BYTES)
            content = contribution.decode(data, path.name)
            if len(content.shares) != statements:
                raise FormatError(
                    f"{path.name} has {len(content.shares)} statements, but the start lists {statements}"
                )
            contribution.check_signature(content, path.name)
        except (FormatError, InvalidProof) as error:
            problems.append(error)
            continue
        if not path.name.startswith(f"{content.head.number:04d}-"):
            problems.append(FormatError(f"{path.name} contains contribution {content.head.number}"))
        links.append(Link(path, hashlib.sha256(data).hexdigest(), content.head))
    return links, problems


def _chain(digest: str, links: list[Link]) -> tuple[list[Link], list[FormatError | InvalidProof]]:
    """The longest valid chain from the start, and what is wrong with the other links."""
    chain: list[Link] = []
    rest = list(links)
    while successors := [link for link in rest if link.head.previous == digest]:
        if problem := _problem(chain, successors):
            return chain, [InvalidProof(problem)]
        chain += successors
        digest = successors[0].digest
        rest.remove(successors[0])
    return chain, [InvalidProof(f"{link.path.name} follows a file that is missing or was changed") for link in rest]


def _problem(chain: list[Link], successors: list[Link]) -> str | None:
    """The reason why these links cannot be the next of the chain, or None."""
    before = chain[-1].path.name if chain else start.FILE
    names, head = " and ".join(link.path.name for link in successors), successors[0].head
    if len(successors) > 1:
        return f"{names} both follow {before}: keep one of them"
    if head.number != len(chain) + 1:
        return f"{names} follows {before}, but its number is {head.number}"
    if chain and chain[-1].head.beacon is not None:
        return f"{names} follows a beacon, which ends the ceremony"
    if head.beacon is not None and not chain:
        return f"{names} is a beacon without a contribution before it"
    return None


def _read(path: Path, limit: int) -> bytes:
    """A file's bytes.  Raises FormatError, naming it, when it is missing or larger than the limit."""
    with openfile.opened(path) as file:
        size = file.seek(0, os.SEEK_END)
        if size > limit:
            raise FormatError(f"{path} has {size} bytes; the limit is {limit}")
        file.seek(0)
        return file.read()
