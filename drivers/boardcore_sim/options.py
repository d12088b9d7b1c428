"""Options of `sim:` addresses."""

from __future__ import annotations

from dataclasses import dataclass

from boardcore.tones import Country, country, tone_names
from boardcore_simulators import LineQuality, Plan

__all__ = ["SimOptions"]


@dataclass(frozen=True, slots=True)
class SimOptions:
    """`sim:analog?lines=4&country=US&noise_dbm0=-60`: a board of analogue lines on an exchange of its own.

    Attributes:
        country: Whose tones the exchange sends and the board hears, by code or name.
        law: Of the exchange's codec: a, mu or none; empty: the country's.
        clearing: How the exchange tells that the far end has hung up: `loop` (loop current goes, then busy tone) or
            `tone` (busy tone alone).
        answer: How it tells of an answer: `reversal` of the polarity, or `audio` (ringback stops).
        disconnect_tones: Tones that end a call that hears them, with commas; empty: none.
        digits: When a digit counts: `early`, as soon as it is sure, or `late`, when it is over.
    """

    name: str = "analog"
    lines: int = 4
    first_number: str = "1001"
    seed: int = 1
    country: str = "CN"
    law: str = ""
    loss_db: float = 0.0
    noise_dbm0: float = -96.0
    delay_ms: float = 0.0
    echo_db: float = 99.0
    echo_delay_ms: float = 0.0
    clearing: str = "loop"
    answer: str = "reversal"
    disconnect_tones: str = "busy,congestion,howler"
    digits: str = "early"
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
        if self.digits not in ("early", "late"):
            raise ValueError(f"digits must be early or late, not {self.digits!r}")
        _ = self.quality, self.plan, self.disconnect_names  # their own checks

    @property
    def profile(self) -> Country:
        """Raises UnknownCountry."""
        return country(self.country)

    @property
    def plan(self) -> Plan:
        """Of the exchange."""
        return Plan.of(self.profile).signalling(self.clearing, self.answer)

    @property
    def disconnect_names(self) -> frozenset[str]:
        """Those of `disconnect_tones`."""
        return tone_names(self.disconnect_tones, "disconnect_tones")

    @property
    def quality(self) -> LineQuality:
        """Of the board's lines, and of the subscribers'."""
        law = self.law or self.profile.law
        return LineQuality(law, self.loss_db, self.noise_dbm0, self.delay_ms, self.echo_db, self.echo_delay_ms)
