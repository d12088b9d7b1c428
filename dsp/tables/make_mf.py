"""Print dsp/src/mf_table.inc: what the MF receivers correlate with.

`python dsp/tables/make_mf.py > dsp/src/mf_table.inc`; tests/dsp/test_tables.py holds the two together.
"""

import math

RATE_HZ = 8000
HOP = 80
WINDOW = 2 * HOP
PEAK = 1023
# In the order of BC_MF_...: frequencies, and the length of the Hann window that stands in the middle of WINDOW.
# R1 tones may be 1.5 % and more off, and are 200 Hz apart: a shorter window, with a wider lobe.
KINDS = (
    ("R1, Q.320", (700, 900, 1100, 1300, 1500, 1700), 120),
    ("R2 forward, Q.441 table 5", (1380, 1500, 1620, 1740, 1860, 1980), 160),
    ("R2 backward, Q.441 table 5", (1140, 1020, 900, 780, 660, 540), 160),
)
BINS = 8  # six, and two that are always 0: a vector's worth


def window(n: int, length: int) -> float:
    at = n - (WINDOW - length) // 2
    return 0.5 * (1 - math.cos(2 * math.pi * (at + 0.5) / length)) if 0 <= at < length else 0.0


def coefficients(freqs_hz: tuple[int, ...], length: int) -> list[list[int]]:
    """[sample][output]: real parts of the frequencies, then imaginary parts."""
    rows: list[list[int]] = []
    spare = [0.0] * (BINS - len(freqs_hz))
    for n in range(WINDOW):
        turns = [2 * math.pi * f * n / RATE_HZ for f in freqs_hz]
        row = [math.cos(t) for t in turns] + spare + [-math.sin(t) for t in turns] + spare
        rows.append([round(PEAK * window(n, length) * v) for v in row])
    for output in zip(*rows, strict=True):
        assert sum(map(abs, output)) * 32768 < 2**31  # no sample can overflow the sums
    return rows


def main() -> None:
    print("/* Made by dsp/tables/make_mf.py. */")
    for name, start in (("first_half", 0), ("second_half", HOP)):
        print(f"static const int16_t {name}[3][HOP / 2][16][2] __attribute__((aligned(64))) = {{")
        for kind, freqs_hz, length in KINDS:
            rows = coefficients(freqs_hz, length)
            print(f"{{ /* {kind} */")
            for n in range(start, start + HOP, 2):
                pairs = zip(rows[n], rows[n + 1], strict=True)
                print("{" + ", ".join(f"{{{a}, {b}}}" for a, b in pairs) + "},")
            print("},")
        print("};")


if __name__ == "__main__":
    main()
