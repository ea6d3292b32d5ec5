"""The guardians' secrets by the number of their keys: those of the first are the samples'."""

from tests.settlement.bundles import samples


def encryption(number: int) -> int:
    """The secret that opens accounts with this guard."""
    return samples.GUARDIAN_SECRET * number


def signing(number: int) -> int:
    """The secret under which the guardians with this number sign."""
    return samples.SEIZING_SECRET * number
