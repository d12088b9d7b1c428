"""Driver of Dialogic voice boards (R4 API): `dialogic:?library=libdxxx.so`, `dialogic:?library=simulated`."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Sequence

from boardcore._blocking import is_virtual
from boardcore.errors import BoardcoreError, DriverError
from boardcore.ports import CONTRACT_VERSION, BoardInfo, DriverContext
from boardcore_dialogic._board import DialogicBoard
from boardcore_dialogic._vendor import Vendor, VendorError, find_library
from boardcore_dialogic.options import DialogicOptions

__all__ = ["DialogicDriver", "DialogicOptions"]


@functools.cache
def _load(path: str) -> Vendor:
    """The library, once a process: it has one event queue."""
    return Vendor(path)


def _look(library: str) -> BoardInfo | None:
    """The boards that a library knows, if it is there and knows some."""
    try:
        vendor = _load(find_library(library))
        if vendor.taken:  # it is set up, and its boards are open: a refusal would disturb their events
            return BoardInfo(f"dialogic:?library={library}", "Dialogic voice boards, open in this program", 0)
        vendor.start()
        count = vendor.board_count()
        channels = sum(_channels(vendor, number) for number in range(1, count + 1))
    except (BoardcoreError, VendorError):
        return None
    return BoardInfo(f"dialogic:?library={library}", f"{count} Dialogic voice boards", channels) if count else None


def _channels(vendor: Vendor, number: int) -> int:
    board = vendor.open(f"dxxxB{number}")
    try:
        return vendor.subdevices(board)
    finally:
        vendor.close(board)


class DialogicDriver:
    """See `boardcore.ports.Driver`."""

    contract_version = CONTRACT_VERSION
    options_type = DialogicOptions

    async def enumerate(self) -> Sequence[BoardInfo]:
        """What the vendor's library, and the simulated one, find now."""
        found = [await asyncio.to_thread(_look, library) for library in ("libdxxx.so", "simulated")]
        return [info for info in found if info is not None]

    async def open(self, options: DialogicOptions, context: DriverContext) -> DialogicBoard:
        if is_virtual(asyncio.get_running_loop()):
            raise DriverError("dialogic: boards live in real time, in another process: use PacedClock or asyncio.run")
        return await DialogicBoard.open(options, _load(find_library(options.library)), context)
