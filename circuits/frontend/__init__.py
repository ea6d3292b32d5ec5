"""The circuit language: statements are written in it, compiled from it and audited in it.

Reading order: signal, builder, program, compiler · uniqueness, nullspace, audit.  It works over any odd prime field, so
that gadgets can be tested exhaustively over small ones.  No kernel is loaded until a witness over Fr is computed.
"""
