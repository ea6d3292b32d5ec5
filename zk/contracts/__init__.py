"""Verifier contracts for an EVM: solidity, vyper, and calldata to call them.  Imports no kernel."""
