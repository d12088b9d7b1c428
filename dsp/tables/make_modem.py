"""Print dsp/src/modem_table.inc: what the receiver of modem tones correlates with.

`python dsp/tables/make_modem.py > dsp/src/modem_table.inc`; tests/dsp/test_tables.py holds the two together.
"""

import math

RATE_HZ = 8000
HOP = 80
WINDOW = 2 * HOP
PEAK = 1023
# The four tones, then three bins over the band of V.21 channel 2, and one that is always 0.
BINS_HZ = (1100, 1300, 2100, 2225, 1650, 1750, 1850)
V21_HZ = (1650, 1850)  # mark, space
V21_PEAK = 2047
STEP = 4  # samples that are summed at once
SPAN = 7  # steps: a bit is 26 2/3 samples
ENVELOPE = 20  # hops: three turns of 15 Hz


def window(n: int) -> float:
    return 0.5 * (1 - math.cos(2 * math.pi * (n + 0.5) / WINDOW))


def turns(freqs_hz: tuple[int, ...], n: int) -> list[float]:
    return [2 * math.pi * f * n / RATE_HZ for f in freqs_hz]


def rows() -> list[list[int]]:
    made: list[list[int]] = []
    for n in range(WINDOW):
        at = turns(BINS_HZ, n)
        row = [*map(math.cos, at), 0.0, *(-math.sin(t) for t in at), 0.0]
        made.append([round(PEAK * window(n) * v) for v in row])
    for output in zip(*made, strict=True):
        assert sum(map(abs, output)) * 32768 < 2**31  # no sample can overflow the sums
    return made


def v21() -> list[list[int]]:
    made: list[list[int]] = []
    for n in range(HOP):
        at = turns(V21_HZ, n)
        row = [math.cos(at[0]), -math.sin(at[0]), math.cos(at[1]), -math.sin(at[1])]
        made.append([round(V21_PEAK * v) for v in row])
    for output in zip(*made, strict=True):
        sizes = [abs(v) for v in output] * 2
        longest = max(sum(sizes[n : n + STEP * (SPAN + 1)]) for n in range(HOP))
        assert longest * 32768 < 2**31
    return made


def main() -> None:
    print("/* Made by dsp/tables/make_modem.py. */")
    made = rows()
    for name, start in (("first_half", 0), ("second_half", HOP)):
        print(f"static const int16_t {name}[HOP / 2][16][2] __attribute__((aligned(64))) = {{")
        for n in range(start, start + HOP, 2):
            print("{" + ", ".join(f"{{{a}, {b}}}" for a, b in zip(made[n], made[n + 1], strict=True)) + "},")
        print("};")
    print("static const int32_t v21_table[HOP][V21_PARTS] = {")
    for row in v21():
        print("{" + ", ".join(map(str, row)) + "},")
    print("};")
    at = [2 * math.pi * 15 * n * HOP / RATE_HZ for n in range(ENVELOPE)]
    for name, values in (("am_re", map(math.cos, at)), ("am_im", map(math.sin, at))):
        print(f"static const float {name}[ENVELOPE] = {{")
        print(", ".join(f"{v:.7f}f" for v in values) + "};")


if __name__ == "__main__":
    main()
