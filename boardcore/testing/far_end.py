"""What the conformance kit needs at the other end of a line: a telephone that a test drives."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["FarEnd", "FarEndLacks"]


class FarEndLacks(Exception):
    """This set-up cannot do that (a second telephone, pulling a board): the check is reported unsupported."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the far end lacks {what}")


class FarEnd(Protocol):
    """A telephone on the exchange that the board under test is connected to. Times are of the board's clock."""

    @property
    def number(self) -> str:
        """Where a board can dial it."""
        ...

    async def call(self, number: str) -> None:
        """Go off-hook and dial; returns when the digits are sent (the called channel will ring)."""
        ...

    async def wait_connected(self, timeout_s: float = 10.0) -> None:
        """Wait until its own outgoing call is answered. Raises TimeoutError."""
        ...

    async def wait_ring(self, timeout_s: float = 10.0) -> None:
        """Wait until it is ringing."""
        ...

    async def answer(self) -> None: ...

    async def hang_up(self) -> None:
        """On-hook; harmless when it is."""
        ...

    async def send_digits(self, digits: str, on_ms: float = 80.0, off_ms: float = 80.0) -> None:
        """Press keys; returns when they are sent."""
        ...

    async def speak(self, samples: npt.NDArray[np.int16]) -> None:
        """Send audio, int16 at 8 kHz; returns when it is sent."""
        ...

    def listen(self) -> None:
        """Keep all that is heard from now on; forgets what was heard before."""
        ...

    def heard(self) -> npt.NDArray[np.int16]:
        """What came since `listen`."""
        ...

    async def lose_board(self) -> None:
        """Make the board under test vanish, as if pulled from its slot."""
        ...

    async def restore_board(self) -> None:
        """Put it back: it can be opened again."""
        ...
