"""Witnesses of circom's circuits: calculated from inputs by circom's own program, and checked against the constraints.

Reading order: inputs · sandbox, messages, shuttle, calculator · neighbours, circuit, checking.
"""
