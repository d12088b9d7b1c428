"""Suspicion, which muting is built on: how much of a digit passes before it, and that it lasts as long as the digit."""

from typing import Any

import numpy as np
import pytest

from boardcore._native import ffi, lib
from boardcore.dsp import DTMF_DIGITS, available_isas, dtmf_tones

HOP = 40
LEADS = 40  # every place of the beginning within a hop
BEFORE = 800


def suspected(rows: Any, isa: str | None, dial_tone_filter: bool) -> Any:
    """Whether each hop of each row is suspected, after it has been heard: bool[row][hop]."""
    options = ffi.new("bc_dtmf_options *")
    lib.bc_dtmf_defaults(options)
    options.dial_tone_filter = dial_tone_filter
    number = lib.BC_ISA_BEST if isa is None else available_isas().index(isa)
    rx = ffi.gc(lib.bc_dtmf_rx_new(len(rows), number, options, ffi.NULL), lib.bc_rx_free)
    lib.bc_rx_reset(rx)
    room, taken, length = ffi.new("bc_rx_event[]", 4 * len(rows)), ffi.new("size_t *"), rows.shape[1]
    base, told = ffi.from_buffer("int16_t[]", rows), np.zeros((len(rows), length // HOP), bool)
    for hop in range(length // HOP):
        lib.bc_rx_process(rx, base + hop * HOP, length, HOP, taken, room, 4 * len(rows))
        told[:, hop] = [lib.bc_rx_suspect(rx, lane) for lane in range(len(rows))]
    return told


def digits_at_every_place(level_dbm0: float, twist_db: float) -> Any:
    """A digit of 60 ms in each row, its beginning a sample later from row to row: the keys by turns."""
    rows = np.zeros((LEADS, 2400), np.int16)
    for lead, row in enumerate(rows):
        tone = dtmf_tones(DTMF_DIGITS[lead % 16], on_ms=60, off_ms=0, level_dbm0=level_dbm0, twist_db=twist_db)
        row[BEFORE + lead : BEFORE + lead + tone.size] = tone
    return rows


def leaks_ms(told: Any) -> list[float]:
    """How much of each row's digit lies in hops that were not suspected, before the first that was."""
    firsts = told.argmax(axis=1)
    assert told.any(axis=1).all()
    return [max(0.0, (int(first) * HOP - BEFORE - lead) / 8) for lead, first in enumerate(firsts)]


@pytest.mark.parametrize("dial_tone_filter", [False, True])
@pytest.mark.parametrize(("level_dbm0", "twist_db"), [(-3, 0), (-10, 0), (-20, -8), (-20, 4), (-41, 0)])
def test_no_more_than_a_hop_of_a_digit_passes_before_suspicion(
    level_dbm0: float, twist_db: float, dial_tone_filter: bool
) -> None:
    told = suspected(digits_at_every_place(level_dbm0, twist_db), None, dial_tone_filter)
    leaks = leaks_ms(told)
    assert max(leaks) <= 5
    assert sum(leaks) / len(leaks) <= 2.5


def test_suspicion_lasts_until_the_digit_is_over_and_little_longer() -> None:
    told = suspected(digits_at_every_place(-20, 0), None, False)
    for lead, row in enumerate(told):
        first, end = int(row.argmax()), (BEFORE + lead + 480) // HOP
        assert row[first:end].all()
        assert not row[end + 6 :].any()
        assert not row[: BEFORE // HOP].any()
