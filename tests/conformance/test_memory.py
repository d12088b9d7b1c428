"""The memory board is put to the conformance kit, also telling edges of tones only, and counting digits late."""

from __future__ import annotations

import pytest
from memory_driver import MemoryOptions, memory_setup

from boardcore.testing import Check, Unsupported, conformance_checks, run_check

KINDS = {"early": MemoryOptions(), "edges": MemoryOptions(tones=False), "late": MemoryOptions(digits="late")}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("check", conformance_checks(), ids=str)
def test_conformance(check: Check, kind: str) -> None:
    try:
        run_check(check, memory_setup(options=KINDS[kind])).pass_or_raise()
    except Unsupported as lack:
        pytest.skip(str(lack))
