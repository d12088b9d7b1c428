"""Print dsp/src/dtmf_table.inc: what the DTMF receiver correlates with, and its per-frequency constants.

`python dsp/tables/make_dtmf.py > dsp/src/dtmf_table.inc`; tests/dsp/test_tables.py holds the two together.
"""

import math

FREQS_HZ = (697, 770, 852, 941, 1209, 1336, 1477, 1633)  # Q.23
RATE_HZ = 8000
HOP = 40
WINDOW = 2 * HOP  # Hann: windows a hop apart add up to 1
PEAK = 2047
TOLERANCE = 0.022  # between +-1.8 %, accepted, and +-3.5 %, rejected; no more than needed, for talk-off


def window(n: int) -> float:
    return 0.5 * (1 - math.cos(2 * math.pi * (n + 0.5) / WINDOW))


def coefficients() -> list[list[int]]:
    """[sample][output]: real parts of the 8 frequencies, then imaginary parts."""
    rows: list[list[int]] = []
    for n in range(WINDOW):
        turns = [2 * math.pi * f * n / RATE_HZ for f in FREQS_HZ]
        row = [math.cos(t) for t in turns] + [-math.sin(t) for t in turns]
        rows.append([round(PEAK * window(n) * v) for v in row])
    for output in zip(*rows, strict=True):
        assert sum(map(abs, output)) * 32768 < 2**31  # no sample can overflow the sums
    return rows


def floats(name: str, values: list[float]) -> str:
    return f"static const float {name}[8] = {{{', '.join(f'{v:.9g}f' for v in values)}}};"


def main() -> None:
    rows = coefficients()
    print("/* Made by dsp/tables/make_dtmf.py. */")
    for name, start in (("first_half", 0), ("second_half", HOP)):
        print(f"static const int16_t {name}[HOP / 2][16][2] __attribute__((aligned(64))) = {{")
        for n in range(start, start + HOP, 2):
            print("{" + ", ".join(f"{{{a}, {b}}}" for a, b in zip(rows[n], rows[n + 1], strict=True)) + "},")
        print("};")
    turn = [2 * math.pi * f * HOP / RATE_HZ for f in FREQS_HZ]
    print("/* How far a phase turns in a hop at the nominal frequency. */")
    print(floats("turn_re", [math.cos(t) for t in turn]))
    print(floats("turn_im", [math.sin(t) for t in turn]))
    print(f"/* Tangent of the phase that a frequency {100 * TOLERANCE:g} % off gains in a hop. */")
    print(floats("off_limit", [math.tan(t * TOLERANCE) for t in turn]))


if __name__ == "__main__":
    main()
