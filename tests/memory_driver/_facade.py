"""The memory board behind the facade, and as the conformance kit wants it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from boardcore.board import Board, Opening, open_board
from boardcore.testing import Clock, FarEndLacks, Setup, VirtualClock
from memory_driver._board import MemoryBoard, MemoryDriver, MemoryOptions
from memory_driver._phone import MemoryFarEnd

__all__ = ["memory_setup", "open_memory_board"]

PHONES = 3
REFUSAL = 7


def open_memory_board(driver: MemoryDriver | None = None, options: MemoryOptions | None = None) -> Opening:
    """Open a facade board on a driver object, which has no entry point."""
    return open_board("memory:office", options or MemoryOptions(), driver=driver or MemoryDriver())


def memory_setup(clock: Clock | None = None, options: MemoryOptions | None = None) -> Setup:
    """A memory board, its office and three telephones."""
    driver = MemoryDriver()

    def open_board() -> AbstractAsyncContextManager[Board]:
        return open_memory_board(driver, options)

    def far_end(board: Board, index: int) -> MemoryFarEnd:
        if index >= PHONES:
            raise FarEndLacks(f"telephone {index}")
        return MemoryFarEnd(driver, str(2001 + index))

    def refuse_next(board: Board) -> int:
        port = board.port
        assert isinstance(port, MemoryBoard)
        port.refuse_next("PlaySpec", REFUSAL)
        return REFUSAL

    return Setup(open_board, far_end, clock or VirtualClock(), refuse_next=refuse_next)
