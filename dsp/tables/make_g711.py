"""Print dsp/src/g711_table.inc: A-law octets in mu-law and back, G.711 tables 3 and 4.

`python dsp/tables/make_g711.py > dsp/src/g711_table.inc`; tests/dsp/test_tables.py holds the two together.

Both tables go from a decoder output value number to one of the other law: mu-law counts from 0 to 127, A-law from 1 to
128. Note 3, as amended after the Red Book (1984): they are the best conversion but for two values. mu-80 goes to A-81
and A-80 to mu-79, so that bits 1 to 7 survive A to mu to A. Libraries that take mu-80 to A-80 and A-80 to mu-80 lose
that.
"""


def a_number_of(mu: int) -> int:
    """Table 3."""
    if mu < 16:
        return mu // 2 + 1
    if mu < 32:
        return mu - 7
    if mu < 36:
        return 2 * mu - 39
    if mu < 48:
        return mu - 3
    if mu < 50:
        return 2 * mu - 50
    if mu < 64:
        return mu - 1
    return mu if mu < 80 else mu + 1


def mu_number_of(a: int) -> int:
    """Table 4."""
    if a < 9:
        return 2 * a - 1
    if a < 25:
        return a + 7
    if a < 33:
        return (a - 25) // 2 + 32
    if a < 45:
        return a + 3
    if a < 49:
        return (a - 45) // 2 + 48
    if a < 63:
        return a + 1
    if a < 65:
        return 64
    return a if a < 80 else a - 1


def a_to_mu() -> list[int]:
    """By the low 7 bits of an A-law octet (even bits inverted): the low 7 bits in mu-law (all inverted)."""
    return [0x7F ^ mu_number_of((octet ^ 0x55) + 1) for octet in range(128)]


def mu_to_a() -> list[int]:
    """The other way round."""
    return [0x55 ^ (a_number_of(octet ^ 0x7F) - 1) for octet in range(128)]


def main() -> None:
    print("/* Made by dsp/tables/make_g711.py. */")
    for name, octets in (("a_to_mu", a_to_mu()), ("mu_to_a", mu_to_a())):
        print(f"static const uint8_t {name}[8][16] __attribute__((aligned(16))) = {{")
        for row in range(0, 128, 16):
            print("{" + ", ".join(f"{octet}" for octet in octets[row : row + 16]) + "},")
        print("};")


if __name__ == "__main__":
    main()
