"""One subscriber's line: two engine ports joined by the C line model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from boardcore._native import ffi, lib
from boardcore.media.engine import Engine, check

__all__ = ["LineQuality", "SimLine"]


def _ms(pair: tuple[float, float]) -> tuple[int, int]:
    on_s, off_s = pair
    return round(on_s * 1000), round(off_s * 1000)


@dataclass(frozen=True, slots=True)
class LineQuality:
    """What the wires do to the audio; the defaults do nothing but A-law. Figures as in bc_line.h."""

    law: str = "a"  # "a", "mu" or "none": the exchange's codec
    loss_db: float = 0.0
    noise_dbm0: float = -96.0
    delay_ms: float = 0.0
    echo_db: float = 99.0
    echo_delay_ms: float = 0.0

    def __post_init__(self) -> None:
        if self.law not in ("a", "mu", "none"):
            raise ValueError(f"law must be 'a', 'mu' or 'none', not {self.law!r}")
        for name, value, low, high in (
            ("loss_db", self.loss_db, 0, 40),
            ("noise_dbm0", self.noise_dbm0, -200, -10),
            ("delay_ms", self.delay_ms, 0, 1000),
            ("echo_db", self.echo_db, 0, 1000),
            ("echo_delay_ms", self.echo_delay_ms, 0, 250),
        ):
            if not low <= value <= high:
                raise ValueError(f"{name} must be {low} to {high}, not {value!r}")


class SimLine:
    """The wires between a station (a board's channel or a subscriber) and the exchange."""

    def __init__(self, engine: Engine, number: str, quality: LineQuality, seed: int) -> None:
        self.engine = engine
        self.number = number
        options: Any = ffi.new("bc_line_options *")
        lib.bc_line_defaults(options)
        options.seed = seed
        options.codec = {"a": lib.BC_LAW_A, "mu": lib.BC_LAW_MU, "none": lib.BC_LINE_CODEC_NONE}[quality.law]
        options.loss_db = quality.loss_db
        options.noise_dbm0 = quality.noise_dbm0
        options.delay_ms = quality.delay_ms
        options.echo_db = quality.echo_db
        options.echo_delay_ms = quality.echo_delay_ms
        error: Any = ffi.new("int *")
        raw: Any = lib.bc_line_new(options, error)
        check(error[0], "make a line")
        self._raw: Any = ffi.gc(raw, lib.bc_line_free)
        ops: Any = lib.bc_line_ops()
        self.station = engine.open_port(ops, lib.bc_line_end(self._raw, lib.BC_LINE_STATION), self._raw)
        self.circuit = engine.open_port(ops, lib.bc_line_end(self._raw, lib.BC_LINE_EXCHANGE), self._raw)
        self.caller: str | None = None  # who rings, for the station's caller ID

    def hook(self, off: bool) -> None:
        """Station: close or open the loop."""
        self.station.control(lib.BC_LINE_HOOK, int(off))

    def pulses(self, count: int, period_ms: int = 100) -> None:
        """Station: open the closed loop 1 to 10 times, as a dial does; `hook` ends it."""
        self.station.control(lib.BC_LINE_PULSES, count, period_ms)

    def ring(self, cadence_s: tuple[tuple[float, float], ...]) -> None:
        """Exchange: ring in this cadence, one or two pairs of on and off; an empty one stops."""
        first, more = (*(_ms(pair) for pair in cadence_s), (0, 0), (0, 0))[:2]
        self.circuit.control(lib.BC_LINE_RING_MORE, *more)
        self.circuit.control(lib.BC_LINE_RING, *first)

    def battery(self, state: int) -> None:
        """Exchange: 0 no loop current, 1 normal, 2 reversed."""
        self.circuit.control(lib.BC_LINE_BATTERY, state)

    def cut(self, is_cut: bool) -> None:
        """Cut or mend the wire."""
        self.circuit.control(lib.BC_LINE_SET_CUT, int(is_cut))

    async def close(self) -> None:
        await self.station.close()
        await self.circuit.close()
