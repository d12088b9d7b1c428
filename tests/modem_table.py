"""Print how often our detector of modem tones and spandsp's find a tone, on the same samples.

`python tests/modem_table.py [--quick]`: per cent of tones found, through A-law, at random phase and place. Ours counts
a tone only if it was told once and as nothing else; spandsp's counts if it was told at all, in the tone's own mode.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from modem_lines import Signal, heard, lines, share
from modem_peer import MODES, Peer

from boardcore.dsp import ModemTone

T = ModemTone


@dataclass(frozen=True, slots=True)
class Table:
    """One parameter of one tone, and what makes the lines for a value of it."""

    tone: ModemTone
    title: str
    values: Sequence[float]
    make: Callable[[ModemTone, float, int], Signal]


def _level(tone: ModemTone, value: float, count: int) -> Signal:
    return lines(tone, level_dbm0=value, noise_dbm0=-75, count=count)


def _frequency(tone: ModemTone, value: float, count: int) -> Signal:
    return lines(tone, off_hz=value, count=count)


def _snr(tone: ModemTone, value: float, count: int) -> Signal:
    return lines(tone, noise_dbm0=-13 - value, count=count)


def _length(tone: ModemTone, value: float, count: int) -> Signal:
    return lines(tone, on_ms=value, count=count)


def _reversal(tone: ModemTone, value: float, count: int) -> Signal:
    return lines(tone, reversal_ms=value, count=count)


def _am_depth(tone: ModemTone, value: float, count: int) -> Signal:
    return lines(tone, am_depth=value / 100, count=count)


def _am_rate(tone: ModemTone, value: float, count: int) -> Signal:
    return lines(tone, am_hz=value, count=count)


def _baud(tone: ModemTone, value: float, count: int) -> Signal:
    return lines(tone, baud=value, count=count)


_ALL = (
    ("level, dBm0", (0, -13, -30, -40, -43, -44, -46, -48), _level),
    ("frequency off, Hz", (-100, -70, -46, -38, -21, -15, 0, 15, 21, 38, 46, 70, 100), _frequency),
    ("SNR, dB", (20, 15, 12, 10, 8, 6, 5, 4, 3, 2, 0, -2), _snr),
)
_SOME = (
    (T.CNG, "length, ms", (200, 400, 410, 425, 500, 575, 590, 600, 700, 1000), _length),
    (T.CALLING, "length, ms", (200, 400, 480, 500, 600, 700, 720, 1000), _length),
    (T.ANS, "length, ms", (200, 280, 300, 320, 400, 500, 600), _length),
    (T.V21_FLAGS, "length, ms", (100, 120, 150, 200, 300, 850), _length),
    (T.V21_FLAGS, "bit/s", (280, 290, 294, 297, 300, 303, 306, 310, 320), _baud),
    (T.ANS_PR, "reversals every, ms", (350, 400, 410, 425, 450, 475, 490, 500, 600), _reversal),
    (T.ANSAM_PR, "reversals every, ms", (350, 400, 410, 425, 450, 475, 490, 500, 600), _reversal),
    (T.ANSAM, "AM depth, %", (5, 8, 10, 12, 15, 20, 30, 40, 50), _am_depth),
    (T.ANSAM, "AM rate, Hz", (5, 8, 10, 12, 13, 14, 15, 16, 17, 18, 20, 25), _am_rate),
)


def tables(*, quick: bool) -> list[Table]:
    """Every table, or a few."""
    if quick:
        return [Table(T.CNG, "SNR, dB", (20, 6), _snr), Table(T.ANSAM, "AM depth, %", (5, 20), _am_depth)]
    every = [Table(tone, title, values, make) for tone in MODES for title, values, make in _ALL]
    return every + [Table(*row) for row in _SOME]


def _print(table: Table, peer: Peer, count: int) -> None:
    rows = [table.make(table.tone, value, count) for value in table.values]
    shares = {
        "ours": [share(heard(row), table.tone) for row in rows],
        "spandsp": [peer.share(table.tone, row) for row in rows],
    }
    print(f"{table.tone.value}: {table.title:24}"[:32].ljust(32), *(f"{v:5g}" for v in table.values))
    for name, found in shares.items():
        print(f"{name:>32}", *(f"{100 * f:5.0f}" for f in found))


def main(arguments: Sequence[str]) -> int:
    quick = "--quick" in arguments
    peer = Peer()
    for table in tables(quick=quick):
        _print(table, peer, 10 if quick else 100)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
