"""File formats and their readers.

    JSON                  strictjson, dataclassjson (dataclasses as JSON) · snarkjs, alphabeta (one field of its key)
    binary files          openfile (files that must not change), sections (iden3's container)
    circuits, witnesses   r1csfile, r1cswriter, r1cslabels, symfile · wtns · r1cstext, jsonexport
    keys                  zkeyheader, zkeyterms, zkey (for proving), zkeyfile (for ceremonies)
    ceremonies            attribution, zkeycontributions, ptaucontributions, ptau · pointbytes (points as hashed)

Only alphabeta, pointbytes, ptaucontributions, ptau, zkeyterms and zkey import kernels.
"""
