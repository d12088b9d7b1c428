"""A program that closes the library while a thread that has used it lives on."""

from __future__ import annotations

import subprocess
import sys

from boardcore_simulators.vendor_abi import dialogic_folder

PROGRAM = """
import _ctypes, ctypes, sys, threading
libraries = [ctypes.CDLL(f"{sys.argv[1]}/{name}.so") for name in ("libsrl", "libdxxx")]
waited, go = threading.Event(), threading.Event()
def wait_for_event():
    libraries[0].sr_waitevt(ctypes.c_long(0))  # from here on the thread has something of the library's
    waited.set()
    go.wait()
thread = threading.Thread(target=wait_for_event)
thread.start()
waited.wait()
for library in reversed(libraries):
    _ctypes.dlclose(library._handle)
go.set()
thread.join()
print("good")
"""


def test_thread_outlives_the_closed_library() -> None:
    command = [sys.executable, "-c", PROGRAM, str(dialogic_folder())]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (0, "good\n"), done.stderr
