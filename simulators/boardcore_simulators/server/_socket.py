"""The server's place in the file system: a Unix socket that only its user can connect to."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
from pathlib import Path

__all__ = ["SocketTaken", "bind"]

PATH_MAX_BYTES = 107  # sun_path of unix(7), less its end mark


class SocketTaken(OSError):
    """Another server answers there, or something that is no socket is there."""


def bind(path: Path) -> socket.socket:
    """Listen at a path, mode 0600. A socket that nobody answers at is replaced.

    Raises:
        SocketTaken: there is a live server, or a file that is no socket.
        OSError: the system refuses the path.
        ValueError: no socket can have such a path.
    """
    length = len(os.fsencode(path))
    if length > PATH_MAX_BYTES or "\0" in str(path):
        wanted = f"at most {PATH_MAX_BYTES} bytes and no null character"
        raise ValueError(f"a socket's path has {wanted}, not {length} bytes")
    _make_room(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)  # so that it is never open to others, not even for a moment
    try:
        listener.bind(os.fspath(path))
        listener.listen(64)
        listener.setblocking(False)
    except OSError as error:  # it does not say where
        listener.close()
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        os.umask(before)
    return listener


def _make_room(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise SocketTaken(errno.EEXIST, "it is there and is no socket", str(path))
    if _answers(path):
        raise SocketTaken(errno.EADDRINUSE, "another server answers there", str(path))
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(os.fspath(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except (TimeoutError, BlockingIOError):  # its queue is full: somebody is there
            return True
    return True
