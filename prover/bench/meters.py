"""What a machine counts beside the time of a run: energy, and events of the processor and of the system.

Energy is that of whole packages, whatever runs on them (Linux, powercap: RAPL of Intel and AMD).  Events are those of
one process and its threads, or of this one and the programs that it starts; the kernel scales what it counted in turns
(perf_event_open(2)).  A virtual machine rarely has a counter of cycles; processor time and page faults need none.
"""

import ctypes
import os
import platform
import struct
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

POWERCAP = Path("/sys/class/powercap")
_HARDWARE, _SOFTWARE = 0, 1  # types of events, and the numbers of events below
HARDWARE = {"cycles": 0, "instructions": 1, "cache_references": 2, "cache_misses": 3, "branches": 4, "branch_misses": 5}
SOFTWARE = {"processor_s": 1, "page_faults": 2, "context_switches": 3}
NANOSECONDS = "processor_s"  # is counted in them
_EVENTS = {name: (_HARDWARE, number) for name, number in HARDWARE.items()} | {
    name: (_SOFTWARE, number) for name, number in SOFTWARE.items()
}
_SYSCALL = {"x86_64": 298, "aarch64": 241}
_ATTRIBUTES = struct.Struct("<IIQQQQQIIQ")  # perf_event_attr of the first version
_TIMES = 1 | 2  # read with the times that the event was enabled and counted
_DISABLED, _INHERIT, _USER_ONLY = 1 << 0, 1 << 1, 1 << 5 | 1 << 6
_ENABLE, _DISABLE = 0x2400, 0x2401  # of ioctl(2)
_CLOSE_ON_EXEC = 1 << 3
_VALUE = struct.Struct("<3Q")


class Meter:
    """What this machine counts; `notes` has a sentence for what it does not."""

    def __init__(self, powercap: Path = POWERCAP):
        self._domains, self._flags = _domains(powercap), {}
        for name in _EVENTS:
            for flags in (_INHERIT, _INHERIT | _USER_ONLY):  # the kernel's share may be nobody's business
                handle = _open(name, flags, os.getpid())
                if handle is not None:
                    os.close(handle)
                    self._flags[name] = flags
                    break
        self.notes = tuple(self._missing())

    @property
    def names(self) -> tuple[str, ...]:
        """The names of what is counted."""
        return (*self._domains, *self._flags)

    @contextmanager
    def reading(self, process: int | None, values: dict[str, float | None]) -> Iterator[None]:
        """Puts into `values` what was counted while the block ran: of a process, or of this one and what it starts.

        All counters begin when all are open: opening those of thirty threads takes longer than a short run may last.
        """
        with ExitStack() as opened:
            handles = self._handles(process or os.getpid(), opened)
            before = {name: _energy(path) for name, (path, _) in self._domains.items()}
            _tell_all(handles, _ENABLE)
            yield
            _tell_all(handles, _DISABLE)
            for name, (path, most) in self._domains.items():
                now, then = _energy(path), before[name]
                values[name] = None if now is None or then is None else (now - then) % most * 1e-6
            for name, group in handles.items():
                values[name] = _total(name, group)

    def _handles(self, process: int, opened: ExitStack) -> Mapping[str, list[int]]:
        """For each event a handle for each thread of the process."""
        handles: dict[str, list[int]] = {name: [] for name in self._flags}
        for thread in _threads(process):
            for name, flags in self._flags.items():
                handle = _open(name, flags, thread)
                if handle is not None:  # the thread may have ended
                    opened.callback(os.close, handle)
                    handles[name].append(handle)
        return handles

    def _missing(self) -> Iterator[str]:
        if not self._domains:
            yield "The system exposes no energy counters (RAPL in /sys/class/powercap), or only to its owner."
        if not self._flags:
            yield "The system lets this program count no events (perf_event_open)."
        elif missing := [name.replace("_", " ") for name in HARDWARE if name not in self._flags]:
            yield f"The system exposes no hardware counters of {', '.join(missing)}."
        if _USER_ONLY in {flags & _USER_ONLY for flags in self._flags.values()}:
            yield "Events are counted outside the kernel only (kernel.perf_event_paranoid)."


def _domains(powercap: Path) -> dict[str, tuple[Path, int]]:
    """The counter of each package and of its memory that can be read, and where it starts again, in µJ."""
    found = {}
    for folder in sorted(powercap.glob("intel-rapl:*")):
        try:
            what, most = (folder / "name").read_text().strip(), int((folder / "max_energy_range_uj").read_text())
        except (OSError, ValueError):
            continue
        counter = folder / "energy_uj"
        if (what.startswith("package") or what == "dram") and _energy(counter) is not None:
            domain = what.replace("-", "_") if what.startswith("package") else f"memory_{folder.name.split(':')[1]}"
            found[f"energy_{domain}_j"] = counter, most + 1
    return found


def _energy(counter: Path) -> int | None:
    try:
        return int(counter.read_text())
    except (OSError, ValueError):
        return None


def _threads(process: int) -> list[int]:
    try:
        return sorted(map(int, os.listdir(f"/proc/{process}/task")))
    except OSError:
        return []


def _open(name: str, flags: int, thread: int) -> int | None:
    """A handle that counts an event of a thread from now on, or None where the system does not allow it."""
    number = _SYSCALL.get(platform.machine())
    if platform.system() != "Linux" or number is None:
        return None
    kind, event = _EVENTS[name]
    flags |= _DISABLED
    attributes = _ATTRIBUTES.pack(kind, _ATTRIBUTES.size, event, 0, 0, _TIMES, flags, 0, 0, 0)
    handle = ctypes.CDLL(None, use_errno=True).syscall(number, attributes, thread, -1, -1, _CLOSE_ON_EXEC)
    return handle if handle >= 0 else None


def _tell_all(handles: Mapping[str, list[int]], request: int) -> None:
    from fcntl import ioctl  # where there are handles, there is ioctl

    for handle in (handle for group in handles.values() for handle in group):
        ioctl(handle, request, 0)


def _total(name: str, handles: list[int]) -> float | None:
    """What the handles counted, scaled to the time that they were enabled; None when one of them had no turn."""
    total = 0.0
    for handle in handles:
        value, enabled, counted = _VALUE.unpack(os.read(handle, _VALUE.size))
        if enabled and not counted:
            return None
        total += value * enabled / counted if counted else 0
    return total * 1e-9 if name == NANOSECONDS else round(total)
