"""Signals end a loop: the first after its round, the second at once."""

import os
import signal
import subprocess
import sys
import threading

from prover.machine import stopping


def test_a_signal_ends_it_after_the_round():
    stop = threading.Event()
    before = signal.getsignal(signal.SIGTERM)
    with stopping.by_signals(stop):
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(5)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_second_signal_ends_the_process():
    program = """
import os, signal, threading
from prover.machine import stopping
stop = threading.Event()
with stopping.by_signals(stop):
    os.kill(os.getpid(), signal.SIGTERM)
    stop.wait(5)
    os.kill(os.getpid(), signal.SIGTERM)
    signal.pause()
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -signal.SIGTERM
