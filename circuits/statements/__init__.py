"""The statements that zksettle proves: leg, margin, escrow, seize and funds; statement is what they have in common."""
