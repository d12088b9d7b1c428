"""Dialogic boards on the simulated vendor library are put to the conformance kit."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from dialogic_rig import DialogicRig, serving

from boardcore.testing import Check, Unsupported, conformance_checks, run_check


@pytest.fixture(scope="module")
def rig() -> Generator[DialogicRig]:
    with serving() as served:
        yield served


@pytest.mark.parametrize("check", conformance_checks(), ids=str)
def test_conformance(check: Check, rig: DialogicRig) -> None:
    try:
        run_check(check, rig.setup()).pass_or_raise()
    except Unsupported as lack:
        pytest.skip(str(lack))
