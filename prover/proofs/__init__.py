"""Proving keys, the pipeline that makes proofs, and single proofs in files.

    keystores    the proving keys of the statements, each in a folder: keyfolder
    pipeline     the one way from inputs to a verified proof
    prooffile    a proof together with everything it states · proving   single proofs: made and verified
    inspection   what a statement costs, and which constraint an input violates
"""
