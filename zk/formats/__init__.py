"""The files of other provers: strict (how JSON is read), snarkjs · sections (iden3's container), r1csfile, wtns,
zkeyterms, zkey.

Only zkey and zkeyterms import kernels.
"""
