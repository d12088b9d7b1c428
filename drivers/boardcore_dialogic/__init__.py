"""Driver of Dialogic voice boards (R4 API): `dialogic:?library=libdxxx.so`, `dialogic:?library=simulated`."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Sequence

from boardcore.errors import BoardcoreError
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
        if not vendor.taken:  # by an open board: then it is set up, and a refusal would disturb that board's events
            vendor.start()
        count = vendor.board_count()
    except (BoardcoreError, VendorError):
        return None
    return BoardInfo(f"dialogic:?library={library}", f"{count} Dialogic voice boards", count) if count else None


class DialogicDriver:
    """See `boardcore.ports.Driver`."""

    contract_version = CONTRACT_VERSION
    options_type = DialogicOptions

    async def enumerate(self) -> Sequence[BoardInfo]:
        """What the vendor's library, and the simulated one, find now."""
        found = [await asyncio.to_thread(_look, library) for library in ("libdxxx.so", "simulated")]
        return [info for info in found if info is not None]

    async def open(self, options: DialogicOptions, context: DriverContext) -> DialogicBoard:
        return await DialogicBoard.open(options, _load(find_library(options.library)), context)
