"""The simulator server: boards, exchange and telephones for clients that connect to a Unix socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from boardcore_simulators.server._connection import Connection, peer_uid
from boardcore_simulators.server._premises import Installation, Premises
from boardcore_simulators.server._socket import bind

__all__ = ["serving"]


@contextlib.asynccontextmanager
async def serving(
    path: Path, installation: Installation, uid_of: Callable[[socket.socket], int] = peer_uid
) -> AsyncGenerator[Premises]:
    """Serve simulated boards at a socket while the context lasts; all clients are thrown out at its end.

    Args:
        path: Of the socket; made with mode 0600, removed at the end.
        installation: What is simulated.
        uid_of: Tells whose a connection is.

    Raises:
        SocketTaken: another server is there.
        OSError, ValueError: no socket can be there.
    """
    listener = bind(path)
    mark = _identity(path)
    try:
        premises = Premises(installation)
        try:
            server = await _listen(listener, lambda: Connection(premises, uid_of))
            try:
                yield premises
            finally:
                server.close()
        finally:
            await premises.close()
    finally:
        listener.close()
        if _identity(path) == mark:
            path.unlink()


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from one that has taken its place."""
    with contextlib.suppress(OSError):
        found = os.lstat(path)
        return found.st_dev, found.st_ino
    return None


async def _listen(listener: socket.socket, made: Callable[[], Connection]) -> asyncio.AbstractServer:
    loop = asyncio.get_running_loop()
    return await loop.create_unix_server(made, sock=listener)
