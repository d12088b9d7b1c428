"""Instruction sets of the C kernels (bc_base.h). All give the same bits: choosing is for tests."""

from boardcore._native import lib

_NUMBERS = {"scalar": 0, "avx2": 1, "avx512": 2}

BEST: int = lib.bc_isa_best()


def available_isas() -> tuple[str, ...]:
    """Name the instruction sets that this machine can run, the reference first, the best last."""
    return tuple(name for name, number in _NUMBERS.items() if number <= BEST)


def isa_number(isa: str | None) -> int:
    """Return the number of an instruction set, of the best one for None.

    Raises:
        ValueError: There is none of that name, or this machine lacks it.
    """
    if isa is None:
        return BEST
    if isa not in _NUMBERS:
        raise ValueError(f"isa must be one of {', '.join(_NUMBERS)} or None, got {isa!r}")
    if _NUMBERS[isa] > BEST:
        raise ValueError(f"this machine has no {isa}, only {', '.join(available_isas())}")
    return _NUMBERS[isa]
