"""The files of other provers: strict (how JSON is read), snarkjs.  Imports no kernel."""
