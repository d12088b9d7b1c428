"""The simulated board is put to the conformance kit."""

from __future__ import annotations

import pytest

from boardcore import Board, open_board
from boardcore.testing import Check, Setup, Unsupported, VirtualClock, conformance_checks, run_check
from boardcore_simulators.far_end import SimFarEnd


def far_end(board: Board, index: int) -> SimFarEnd:
    return SimFarEnd(board, str(2001 + index))


LINES = {  # what the wires and the board do, and the loss from end to end: two lines
    "clean": ("", 0.0),
    "poor": ("&delay_ms=20&noise_dbm0=-60&loss_db=3", 6.0),
    "late": ("&digits=late", 0.0),
    "american": ("&country=US", 0.0),
}


@pytest.mark.parametrize("lines", LINES)
@pytest.mark.parametrize("check", conformance_checks(), ids=str)
def test_conformance(check: Check, lines: str) -> None:
    options, loss_db = LINES[lines]
    setup = Setup(lambda: open_board(f"sim:analog?lines=4{options}"), far_end, VirtualClock(), loss_db=loss_db)
    try:
        run_check(check, setup).pass_or_raise()
    except Unsupported as lack:
        pytest.skip(str(lack))
