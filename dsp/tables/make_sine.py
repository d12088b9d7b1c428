"""Print dsp/src/sine_table.inc: a turn of a sine in 1024 steps, Q15, and its first point again.

`python dsp/tables/make_sine.py > dsp/src/sine_table.inc`; tests/dsp/test_tables.py holds the two together.
Values are far from half-way between integers (checked here), so every libm gives the same table.
"""

import math

STEPS = 1024
PEAK = 32767


def values() -> list[int]:
    exact = [PEAK * math.sin(2 * math.pi * k / STEPS) for k in range(STEPS + 1)]
    assert all(abs(abs(v - math.floor(v)) - 0.5) > 1e-6 for v in exact)
    return [round(v) for v in exact]


def main() -> None:
    print("/* Made by dsp/tables/make_sine.py. */")
    numbers = [f"{v}," for v in values()]
    for at in range(0, len(numbers), 16):
        print(" ".join(numbers[at : at + 16]))


if __name__ == "__main__":
    main()
