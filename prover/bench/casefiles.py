"""The files of a chain of any size, as circom and snarkjs write them, for provers that read files.

The key is made by one party on the spot and its ceremony is blank: it is worthless for anything but measuring.
"""

from pathlib import Path

import numpy as np

from prover.bench import chains
from prover.bench.peerfiles import Case
from prover.machine import files
from zk.curves import g1
from zk.fields.prime import FR
from zk.formats import r1cswriter, snarkjs, wtns, zkeyfile
from zk.formats.zkeycontributions import HASH_BYTES, Ceremony
from zk.formats.zkeyfile import KeyFile
from zk.formats.zkeyheader import KeyHeader
from zk.groth16.provingkey import ProvingKey

PRIVATE_INPUTS = 1  # the chain's start


def write(log_size: int, folder: Path) -> Case:
    """Makes a chain that fills a domain of 2^log_size, its key and a witness, and writes them into a new folder."""
    from zk.fields import conversion
    from zk.groth16 import generator

    chain = chains.make(log_size)
    key = generator.generate(chain.system)
    files.make_folder(folder)
    with (folder / "circuit.zkey").open("wb") as file:
        zkeyfile.write(file, _key_file(key))
    with (folder / "circuit.r1cs").open("wb") as file:
        r1cswriter.write(file, chain.system, PRIVATE_INPUTS)
    (folder / "witness.wtns").write_bytes(wtns.encode(conversion.to_plain(FR, chain.witness)))
    (folder / "verification_key.json").write_text(snarkjs.encode_verifying_key(key.verifying))
    return Case(folder, f"chain 2^{log_size}")


def _key_file(key: ProvingKey) -> KeyFile:
    known = key.verifying
    header = KeyHeader(key.num_wires, key.num_public, key.log_size, known.alpha_g1, key.beta_g1, known.beta_g2,
                       known.gamma_g2, key.delta_g1, known.delta_g2)  # fmt: skip
    return KeyFile(
        header,
        Ceremony(bytes(HASH_BYTES)),
        ic=g1.encode(list(known.ic)),
        terms=_terms(key),
        a_query=_of_all_wires(key, key.a_indices, key.a_query[0]),
        b_g1_query=_of_all_wires(key, key.b_indices, key.b_g1_query[0]),
        b_g2_query=_of_all_wires(key, key.b_indices, key.b_g2_query[0]),
        l_query=np.ascontiguousarray(key.l_query[0]),
        h_query=np.ascontiguousarray(key.h_query[0]),
    )


def _terms(key: ProvingKey) -> bytes:
    """The terms of A and B."""
    from zk.fields import conversion
    from zk.formats import zkeyterms

    values = conversion.to_plain(FR, key.coefficients)
    rows = [np.repeat(np.arange(len(starts) - 1), np.diff(starts)) for starts in (key.a_starts, key.b_starts)]
    sides = np.repeat([0, 1], [len(key.a_terms), len(key.b_terms)])
    terms = np.concatenate((key.a_terms, key.b_terms))
    return zkeyterms.encode(sides, np.concatenate(rows), terms[:, 0], values[terms[:, 1]])


def _of_all_wires(key: ProvingKey, wires: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The points of all wires, all zero for a wire without one."""
    everything = np.zeros((key.num_wires, *points.shape[1:]), np.uint64)
    everything[wires] = points
    return everything
