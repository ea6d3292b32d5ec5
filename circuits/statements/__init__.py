"""The statements that zksettle proves: leg and margin; statement is what they have in common."""
