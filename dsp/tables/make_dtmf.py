"""Print dsp/src/dtmf_table.inc: what the DTMF receiver correlates with, and its per-frequency constants.

`python dsp/tables/make_dtmf.py > dsp/src/dtmf_table.inc`; tests/dsp/test_tables.py holds the two together.

A window is folded about its middle before it is correlated (dsp/src/fold.inc): cosines meet the half sums, sines the
half differences, both of the HOP samples on either side. Three tables:

    plain   the eight frequencies under a Hann window
    deaf    the same, less all that lies in the space of the dial tones
    dial    a basis of that space: with what it holds the energy of the rest is known
"""

import math

FREQS_HZ = (697, 770, 852, 941, 1209, 1336, 1477, 1633)  # Q.23
RATE_HZ = 8000
HOP = 40
WINDOW = 2 * HOP  # Hann: windows a hop apart add up to 1
PEAK = 4094  # sums and differences are halved
TOLERANCE = 0.022  # between +-1.8 %, accepted, and +-3.5 %, rejected; no more than needed, for talk-off
DIAL_HZ = (345, 455)  # dial tones of the world are from 350 to 450 Hz (E.180), and off by some
DIAL_NODES = 3  # of cosine and sine each: what is left of any tone between is 28 dB down, under the window 60 dB
DIAL_UNIT = 8192  # length of a basis vector

Vector = list[float]


def turns(freq_hz: float) -> Vector:
    """The angles of a frequency at the samples from the middle of the window on."""
    return [2 * math.pi * freq_hz * (n + 0.5) / RATE_HZ for n in range(HOP)]


def waves(freq_hz: float) -> tuple[Vector, Vector]:
    return [math.cos(t) for t in turns(freq_hz)], [-math.sin(t) for t in turns(freq_hz)]


def dot(a: Vector, b: Vector) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


def without(v: Vector, basis: list[Vector]) -> Vector:
    for q in basis * 2:  # twice: what rounding left
        along = dot(q, v)
        v = [x - along * y for x, y in zip(v, q, strict=True)]
    return v


def dial_basis() -> tuple[list[Vector], list[Vector]]:
    """Orthonormal cosines and sines at the Chebyshev nodes of the band."""
    low, high = DIAL_HZ
    basis: tuple[list[Vector], list[Vector]] = ([], [])
    for node in range(DIAL_NODES):
        freq_hz = (low + high) / 2 + (high - low) / 2 * math.cos(math.pi * (node + 0.5) / DIAL_NODES)
        for side, wave in zip(basis, waves(freq_hz), strict=True):
            rest = without(wave, side)
            side.append([x / math.sqrt(dot(rest, rest)) for x in rest])
    return basis


def kernels(basis: tuple[list[Vector], list[Vector]]) -> list[list[int]]:
    """[output][sample]: of each frequency the real part, then the imaginary one; all answer alike to their own."""
    window = [0.5 * (1 + math.cos(math.pi * (n + 0.5) / HOP)) for n in range(HOP)]
    rows: list[list[int]] = []
    for freq_hz in FREQS_HZ:
        for side, wave in zip(basis, waves(freq_hz), strict=True):
            hann = [w * x for w, x in zip(window, wave, strict=True)]
            kernel = without(hann, side)
            scale = PEAK * dot(hann, wave) / dot(kernel, wave)
            rows.append([round(scale * x) for x in kernel])
    return rows


def dial_rows(basis: tuple[list[Vector], list[Vector]]) -> list[list[int]]:
    """[output][sample]: a cosine, then a sine; nothing where there are no more."""
    rows = [[round(DIAL_UNIT * x) for x in v] for pair in zip(*basis, strict=True) for v in pair]
    return rows + [[0] * HOP] * (2 * len(FREQS_HZ) - len(rows))


def print_table(name: str, rows: list[list[int]]) -> None:
    for row in rows:
        assert sum(map(abs, row)) * 32768 < 2**31  # no sample can overflow the sums
    print(f"static const bc_fold_table {name} = {{{{")
    for n in range(0, HOP, 2):
        print("{" + ", ".join(f"{{{row[n]}, {row[n + 1]}}}" for row in rows) + "},")
    print("}, {")
    for row in rows:
        print("{" + ", ".join(map(str, row)) + "},")
    print("}};")


def floats(name: str, values: list[float]) -> str:
    return f"static const float {name}[8] = {{{', '.join(f'{v:.9g}f' for v in values)}}};"


def main() -> None:
    print("/* Made by dsp/tables/make_dtmf.py. */")
    basis = dial_basis()
    print_table("plain", kernels(([], [])))
    print_table("deaf", kernels(basis))
    print_table("dial", dial_rows(basis))
    turn = [2 * math.pi * f * HOP / RATE_HZ for f in FREQS_HZ]
    print("/* How far a phase turns in a hop at the nominal frequency. */")
    print(floats("turn_re", [math.cos(t) for t in turn]))
    print(floats("turn_im", [math.sin(t) for t in turn]))
    print(f"/* Tangent of the phase that a frequency {100 * TOLERANCE:g} % off gains in a hop. */")
    print(floats("off_limit", [math.tan(t * TOLERANCE) for t in turn]))


if __name__ == "__main__":
    main()
