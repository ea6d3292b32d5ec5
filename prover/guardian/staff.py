"""Who acts here: the guardians whose files are in this home, in this process, and the others by their addresses."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from prover.guardian import guardianfile, network, recovery
from prover.guardian.group import Group
from prover.guardian.guardianfile import Guardian
from prover.guardian.member import Member, OpenLedger
from prover.guardian.network import Client, Server
from zk.errors import FormatError


class Local:
    """A guardian of this process as a colleague."""

    def __init__(self, member: Member):
        self._member = member

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The member's answer.  Raises what it raises."""
        return self._member.answer(self._member.guardian.index, dict(request))


class Staff:
    """The guardians here, and a group for every number of keys that they hold shares of."""

    def __init__(self, folder: Path, guardians: tuple[Guardian, ...], open_ledger: OpenLedger,
                 now_ms: Callable[[], int], figures: recovery.Figures | None = None):  # fmt: skip
        self._folder, self._stack = folder, ExitStack()
        self.members = tuple(Member(one, open_ledger, now_ms, figures) for one in guardians)
        self.groups = {number: self._group(number) for number in {one.number for one in guardians}}
        self.signing_keys = {one.number: one.signing.group.public for one in guardians}

    @property
    def newest(self) -> tuple[Guardian, ...]:
        """The guardians here who hold shares of the newest keys."""
        most = max(self.groups)
        return tuple(one.guardian for one in self.members if one.guardian.number == most)

    def close(self) -> None:
        """Stops serving, and ends the connections."""
        self._stack.close()

    def serve(self) -> None:
        """Lets the other guardians ask those who are here.  Raises FormatError when one cannot listen."""
        for member in self.members:
            one = member.guardian
            at = network.address(one.peers[one.index - 1].address, _socket(self._folder, one.number, one.index))
            known = {peer.identity: index for index, peer in enumerate(one.peers, start=1)}
            server = Server(network.listen(at), one.private, known, member.answer)
            self._stack.callback(server.close)
            if isinstance(at, Path):
                self._stack.callback(at.unlink, missing_ok=True)

    def _group(self, number: int) -> Group:
        here = {member.guardian.index: member for member in self.members if member.guardian.number == number}
        own = next(iter(here.values())).guardian
        colleagues: dict[int, Local | Client] = {}
        for index, peer in enumerate(own.peers, start=1):
            if index in here:
                colleagues[index] = Local(here[index])
            else:
                at = network.address(peer.address, _socket(self._folder, number, index))
                client = Client(own.private, peer.identity, at, f"guardian {index}")
                colleagues[index] = client
                self._stack.callback(client.close)
        group = Group(own, colleagues)
        self._stack.callback(group.close)
        return group


@contextmanager
def hired(
    folder: Path, open_ledger: OpenLedger, now_ms: Callable[[], int], only: int | None = None,
    figures: recovery.Figures | None = None,
) -> Iterator[Staff]:  # fmt: skip
    """The staff of a home's folder of guardians; `only` the member of this index.

    Raises FormatError when there is none.
    """
    found = tuple(one for one in guardianfile.here(folder) if only in (None, one.index))
    if not found:
        who = "no guardian" if only is None else f"no guardian {only}"
        raise FormatError(f"there is {who} in {folder}: `zksettle guardian deal` and `zksettle pool new` make them")
    staff = Staff(folder, found, open_ledger, now_ms, figures)
    try:
        yield staff
    finally:
        staff.close()


def _socket(folder: Path, number: int, index: int) -> Path:
    return guardianfile.path(folder, number, index).with_suffix(".socket")

