"""The setup ceremony of our statements: a folder that is passed on without a coordinator, for everybody to verify.

    contribution   one contributor's file: its bytes, digest and signature
    start          the first file: the statements, and the powers of tau
    transcript     the folder: the chain of its files, and what is wrong with it
    shares         between a contribution's file and a key
    verifying      verifies everything from our circuits and the powers, contribution by contribution

Reading and checking signatures needs no kernel.  Contributing, which handles secrets, is prover/operator/contributing.
"""
