"""Driver of the simulated board: `sim:analog?lines=4`."""

from __future__ import annotations

from collections.abc import Sequence

from boardcore.ports import BoardInfo, DriverContext
from boardcore_sim.board import SimBoard
from boardcore_sim.options import SimOptions

__all__ = ["SimDriver", "SimOptions"]


class SimDriver:
    """See `boardcore.ports.Driver`."""

    contract_version = 1
    options_type = SimOptions

    async def enumerate(self) -> Sequence[BoardInfo]:
        """The simulator can always be opened."""
        return [BoardInfo("sim:analog?lines=4", "simulated analogue board (any number of lines)", 4)]

    async def open(self, options: SimOptions, context: DriverContext) -> SimBoard:
        return SimBoard(options, context)
