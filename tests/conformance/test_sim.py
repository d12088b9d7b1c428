"""The simulated board is put to the conformance kit."""

from __future__ import annotations

import pytest

from boardcore import Board, open_board
from boardcore.testing import Check, Setup, Unsupported, VirtualClock, conformance_checks, run_check
from boardcore_simulators.far_end import SimFarEnd


def far_end(board: Board, index: int) -> SimFarEnd:
    return SimFarEnd(board, str(2001 + index))


@pytest.mark.parametrize("check", conformance_checks(), ids=str)
def test_conformance(check: Check) -> None:
    setup = Setup(lambda: open_board("sim:analog?lines=4"), far_end, VirtualClock())
    try:
        run_check(check, setup).pass_or_raise()
    except Unsupported as lack:
        pytest.skip(str(lack))
