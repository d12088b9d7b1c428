"""Shared libraries that export the vendors' own APIs, as clients of the simulator server; built from C."""

from __future__ import annotations

from pathlib import Path

__all__ = ["dialogic_folder", "dialogic_library"]


def dialogic_folder() -> Path:
    """Return the folder of libsrl.so and libdxxx.so; its `include` holds srllib.h and dxxxlib.h."""
    return Path(__file__).with_name("dialogic")


def dialogic_library() -> Path:
    """Return the path of libdxxx.so, which brings libsrl.so with it.

    Raises:
        FileNotFoundError: this installation was built without it.
    """
    path = dialogic_folder() / "libdxxx.so"
    if not path.is_file():
        raise FileNotFoundError(f"no simulated Dialogic library at {path}; boardcore was installed without its C parts")
    return path
