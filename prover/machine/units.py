"""Durations and sizes as people read them."""


def seconds(duration_s: float) -> str:
    """A duration as a person reads it: 14.2 ns, 840 µs, 12.3 ms, 1.84 s, 2 min 5 s."""
    if duration_s < 1e-6:
        return f"{duration_s * 1e9:.3g} ns"
    if duration_s < 0.001:
        return f"{duration_s * 1e6:.3g} µs"
    if duration_s < 1:
        return f"{duration_s * 1e3:.3g} ms"
    if duration_s < 100:
        return f"{duration_s:.3g} s"
    return f"{int(duration_s) // 60} min {int(duration_s) % 60} s"


def size(count: int) -> str:
    """A number of bytes as a person reads it: 256 B, 15.6 kB, 48.1 MB."""
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= scale:
            return f"{count / scale:.3g} {unit}"
    return f"{count} B"
