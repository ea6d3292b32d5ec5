"""Changes to the sample pool: each function returns fields for `dataclasses.replace`."""

from dataclasses import replace

from settlement.pool.parameters import NO_RISK, Risk
from settlement.pool.pool import NUM_PUBLIC
from tests.settlement.bundles import samples
from zk import signature


def parameters(**changes):
    """{"parameters": …} with changes to the first parameters."""
    return {"parameters": replace(samples.PARAMETERS, **changes)}


def risk(slot, **changes):
    """The example's risk with changes to one slot's."""
    changed = list(samples.RISK)
    changed[slot] = replace(changed[slot], **changes)
    return parameters(risk=tuple(changed))


def guardians(**changes):
    return parameters(guardians=replace(samples.GUARDIANS, **changes))


def asset(slot=0, **changes):
    """The example's assets with changes to one of them."""
    changed = list(samples.ASSETS)
    changed[slot] = replace(changed[slot], **changes)
    return {"assets": tuple(changed)}


def option(**changes):
    return asset(10, terms=replace(samples.ASSETS[10].terms, **changes))


def of_ceremonies(first, *others):
    """Keys that come from ceremonies with these transcripts, all from one where only one is named."""
    transcripts = (first, *others, *[others[-1] if others else first] * 4)
    named = zip(samples.KEYS, transcripts, strict=False)
    return {key.statement: replace(key, transcript=transcript) for key, transcript in named}


def other_key(statement):
    return samples.verifying_key(NUM_PUBLIC[statement], 900)


def factors(*slots):
    """Risk in which these slots are factors; the claims on ETH follow it."""
    held = [Risk(slot if slot in slots else None, 0, 0) for slot in range(6)]
    claims = [held[0], *[held[2]] * 3]
    return parameters(risk=(*held, NO_RISK, NO_RISK, *claims, *[NO_RISK] * 4))


def oracles(count):
    """As many different oracle keys, all of whom must agree."""
    return parameters(oracle_keys=tuple(map(signature.public, range(1, count + 1))), quorum=count)


def governors(count):
    return {"governance": replace(samples.GOVERNANCE, keys=tuple(map(signature.public, range(1, count + 1))))}


def ages(**changes):
    return lambda: parameters(limits=replace(samples.LIMITS, **changes))
