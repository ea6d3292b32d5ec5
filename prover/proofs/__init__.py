"""Proving keys, the pipeline that makes proofs, and single proofs in files.

    keystores    the proving keys of the statements, each in a folder: keyfolder
    pipeline     the only way from inputs to a verified proof
    prooffile    a proof with its statement, inputs and key, as a file
    proving      makes and verifies such files
    inspection   the size of a statement, and the constraint that an input violates
"""
