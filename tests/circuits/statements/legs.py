"""False legs in which everything but the lie itself is made to fit."""

from dataclasses import replace

from circuits import records, samples
from zk.hashes import poseidon


def put(values, index, value):
    return (*values[:index], value, *values[index + 1 :])


def old_account(public, private, **changes):
    """A lie in the tree: path, root, nullifier and value are made to match it."""
    old = replace(private.old, **changes)
    path, root = samples.path_at(old.commitment(poseidon.hash), private.position)
    private = replace(private, old=old, path=path)
    return samples.publish(private, root, public.adds), private


def old_balance(public, private, index, balance):
    return old_account(public, private, balances=put(private.old.balances, index, balance))


def new_account(public, private, **changes):
    private = replace(private, new=replace(private.new, **changes))
    return samples.publish(private, public.root, public.adds), private


def new_balance(public, private, index, balance):
    return new_account(public, private, balances=put(private.new.balances, index, balance))


def keyed_with(choose):
    """The nullifier that an account would have if it were keyed with another number: a second one for the state."""

    def lie(public, private):
        commitment = private.old.commitment(poseidon.hash)
        nullifier = records.nullifier(poseidon.hash, choose(private), commitment, private.position)
        return replace(public, nullifier=nullifier), private

    return lie
