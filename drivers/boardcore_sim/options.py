"""Options of `sim:` addresses."""

from __future__ import annotations

from dataclasses import dataclass

from boardcore_simulators import LineQuality

__all__ = ["SimOptions"]


@dataclass(frozen=True, slots=True)
class SimOptions:
    """`sim:analog?lines=4&seed=1&noise_dbm0=-60`: a board of analogue lines on an exchange of its own."""

    name: str = "analog"
    lines: int = 4
    first_number: str = "1001"
    seed: int = 1
    law: str = "a"
    loss_db: float = 0.0
    noise_dbm0: float = -96.0
    delay_ms: float = 0.0
    echo_db: float = 99.0
    echo_delay_ms: float = 0.0
    dial: str = "tone"  # tone or pulse: how the board's lines send numbers
    isa: str = "best"  # best, scalar, avx2, avx512: of the engine, if this board is the first on it
    max_ports: int = 4096  # of the engine, likewise; a line takes two

    def __post_init__(self) -> None:
        if self.name != "analog":
            raise ValueError(f"the simulator has the board 'analog', not {self.name!r}")
        if not 1 <= self.lines <= 2000:
            raise ValueError(f"lines must be 1 to 2000, not {self.lines}")
        if not (self.first_number.isdigit() and len(self.first_number) == 4):
            raise ValueError(f"first_number must be 4 digits, not {self.first_number!r}")
        if int(self.first_number) + self.lines > 9000:
            raise ValueError(f"{self.lines} lines from {self.first_number} on run into the test numbers from 9000 on")
        if self.dial not in ("tone", "pulse"):
            raise ValueError(f"dial must be tone or pulse, not {self.dial!r}")
        if self.isa not in ("best", "scalar", "avx2", "avx512"):
            raise ValueError(f"isa must be best, scalar, avx2 or avx512, not {self.isa!r}")
        if not 2 * self.lines <= self.max_ports <= 65536:
            raise ValueError(f"max_ports must be {2 * self.lines} (two a line) to 65536, not {self.max_ports}")
        _ = self.quality  # its own checks

    @property
    def quality(self) -> LineQuality:
        """Of the board's lines, and of the subscribers'."""
        return LineQuality(self.law, self.loss_db, self.noise_dbm0, self.delay_ms, self.echo_db, self.echo_delay_ms)
