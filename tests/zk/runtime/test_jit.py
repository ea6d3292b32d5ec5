"""Kernels without a Python entry point cannot be called."""


import pytest

from zk.fields import fp
from zk.runtime.jit import by_type


def test_a_kernel_without_a_door_refuses_python():
    with pytest.raises(TypeError, match="only kernels call this"):
        fp.mul((1, 0, 0, 0), (1, 0, 0, 0))


def test_a_choice_by_type_refuses_python():
    with pytest.raises(TypeError, match="only kernels call this"):
        by_type(fp.mul)((1, 0, 0, 0), (1, 0, 0, 0))
