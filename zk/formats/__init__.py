"""The files of other provers: strict (how JSON is read), snarkjs · sections (iden3's container), r1csfile, r1cslabels,
symbols, wtns, zkeyterms, zkey.

Only zkey and zkeyterms import kernels.
"""
