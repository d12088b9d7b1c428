"""Dialogic boards on the simulated vendor library are put to the conformance kit.

The simulator is another process, so its time cannot stand still while this one is held up by the machine: at pace 4 a
quarter of a second that a loaded machine takes is a second on the line. A check that fails is made once more in real
time, where only what the driver does wrong fails it again.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest
from dialogic_rig import DialogicRig, serving

from boardcore.testing import Check, Unsupported, Verdict, conformance_checks, run_check


@pytest.fixture(scope="module")
def rig() -> Generator[DialogicRig]:
    with serving() as served:
        yield served


@pytest.mark.parametrize("check", conformance_checks(), ids=str)
def test_conformance(check: Check, rig: DialogicRig) -> None:
    outcome = run_check(check, rig.setup())
    if outcome.verdict is Verdict.FAILED:
        print(f"at pace {rig.clock.pace}: {outcome}")
        with serving(pace=1.0) as slow:
            outcome = run_check(check, slow.setup())
    try:
        outcome.pass_or_raise()
    except Unsupported as lack:
        pytest.skip(str(lack))
