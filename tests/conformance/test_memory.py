"""The memory board is put to the conformance kit."""

from __future__ import annotations

import pytest
from memory_driver import memory_setup

from boardcore.testing import Check, Unsupported, conformance_checks, run_check


@pytest.mark.parametrize("check", conformance_checks(), ids=str)
def test_conformance(check: Check) -> None:
    try:
        run_check(check, memory_setup()).pass_or_raise()
    except Unsupported as lack:
        pytest.skip(str(lack))
