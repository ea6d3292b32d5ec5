"""Verifier contracts for an EVM: solidity, vyper, and calldata (the arguments of a call, as text).  No kernels."""
