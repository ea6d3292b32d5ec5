"""The circuit language: what statements are written in, compiled to, and audited by.

Reading order: signal, builder, program, compiler · uniqueness, nullspace, audit.  Works over any odd prime field, so
that gadgets can be tested exhaustively over small ones; loads no kernel until a witness over Fr is asked for.
"""
