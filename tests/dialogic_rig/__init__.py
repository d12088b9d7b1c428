"""Dialogic boards for tests: the driver, the simulated vendor library in this process, the simulator in another."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager

from boardcore import Board, open_board
from boardcore.testing import PacedClock, Setup
from boardcore_simulators.client import RemoteExchange, RemoteFarEnd
from boardcore_simulators.process import SimulatorProcess

__all__ = ["PACE", "DialogicRig", "serving"]

PACE = 4.0  # the fastest at which a loaded machine of two cores does not take a delay of its own for one of the line
REFUSAL = 13  # EDX_XPBPARM
HANG_LIMIT_S = 30.0


class DialogicRig:
    """A server, and boards opened on it. One check at a time."""

    def __init__(self, simulator: SimulatorProcess, pace: float, lines: int) -> None:
        self.simulator = simulator
        self.clock = PacedClock(pace)
        self.numbers = [str(1001 + index) for index in range(lines)]
        self._exchanges: dict[int, RemoteExchange] = {}

    @asynccontextmanager
    async def open_board(self, **options: object) -> AsyncGenerator[Board]:
        """A board, and a connection for its telephones."""
        given = {"library": os.environ.get("BOARDCORE_TEST_LIBRARY", "simulated"), "hang_limit_s": HANG_LIMIT_S}
        query = "&".join(f"{name}={value}" for name, value in (given | options).items())
        async with (
            RemoteExchange.connect(self.simulator.path) as exchange,
            open_board(f"dialogic:?{query}") as board,
        ):
            self._exchanges[id(board)] = exchange
            try:
                yield board
            finally:
                del self._exchanges[id(board)]

    def exchange(self, board: Board) -> RemoteExchange:
        """The exchange that a board is connected to."""
        return self._exchanges[id(board)]

    def far_end(self, board: Board, index: int) -> RemoteFarEnd:
        return RemoteFarEnd(self.exchange(board), str(2001 + index))

    def refuse_next(self, board: Board) -> int:
        self.exchange(board).begin("refuse_next", vendor_code=REFUSAL)
        return REFUSAL

    def setup(self) -> Setup:
        """For the conformance kit."""
        return Setup(self.open_board, self.far_end, self.clock, numbers=self.numbers, refuse_next=self.refuse_next)


@contextmanager
def serving(
    pace: float = PACE, lines: int = 4, spares: int | None = None, options: Sequence[str] = ()
) -> Generator[DialogicRig]:
    """Have a simulator in the block, and let the vendor's library in this process find it."""
    name = "BOARDCORE_SIM_SOCKET"
    before = os.environ.get(name)
    with SimulatorProcess(lines=lines, spares=spares, pace=pace, options=options) as simulator:
        os.environ[name] = str(simulator.path)
        try:
            yield DialogicRig(simulator, pace, lines)
        finally:
            os.environ.pop(name)
            if before is not None:
                os.environ[name] = before
