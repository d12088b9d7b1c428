"""The kit itself: broken drivers fail it, reports can be read. A check that cannot fail is a defect."""

from __future__ import annotations

import os

import pytest
from memory_driver import _line, memory_setup
from memory_driver._broken import BREAKAGES, LEAKED

from boardcore import Capability, UnsupportedOperation
from boardcore.testing import (
    Bench,
    Check,
    ConformanceFailed,
    Verdict,
    check_driver,
    conformance_checks,
    run_check,
)

CHECKS = {check.name: check for check in conformance_checks()}
CASES = [(breakage, check) for breakage, (_, checks) in BREAKAGES.items() for check in checks]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(("breakage", "check"), CASES, ids=lambda case: str(case))
def test_a_broken_driver_fails(breakage: str, check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BREAKAGES[breakage][0](monkeypatch)
    outcome = run_check(CHECKS[check], memory_setup())
    while LEAKED:
        os.close(LEAKED.pop())
    assert outcome.verdict is Verdict.FAILED, str(outcome)
    assert outcome.reason


def test_every_check_can_fail() -> None:
    proven = {check for _, checks in BREAKAGES.values() for check in checks}
    assert sorted(set(CHECKS) - proven) == []


def test_a_report_tells_what_failed_and_what_is_unsupported(monkeypatch: pytest.MonkeyPatch) -> None:
    BREAKAGES["clears_nothing"][0](monkeypatch)
    setup = memory_setup()
    with pytest.raises(ConformanceFailed) as failed:
        check_driver(setup.open_board, setup.far_end, setup.clock)
    report = failed.value.report
    assert [outcome.check.name for outcome in report.failed] == ["digits_are_typed_ahead"]
    assert [o.check.name for o in report.unsupported] == ["a_refused_command_is_a_driver_error"]
    assert len(report.passed) == len(CHECKS) - 2
    assert "digits_are_typed_ahead" in str(failed.value)
    assert "asked: Digits keyed while nobody collects" in str(report)
    assert str(report).endswith(f"{len(CHECKS)} checks: {len(CHECKS) - 2} passed, 1 FAILED, 1 unsupported")


def test_checks_say_what_the_contract_asks() -> None:
    assert all(check.asks and str(check) == check.name for check in conformance_checks())
    assert len(CHECKS) == len(conformance_checks())


def test_what_a_board_claims_it_must_do(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(bench: Bench) -> None:
        capability = Capability.CONFERENCE if claimed else Capability.REJECT
        raise UnsupportedOperation(capability, "it")

    claimed = False
    assert run_check(Check("x", "y", refuse), memory_setup()).verdict is Verdict.UNSUPPORTED
    monkeypatch.setattr(_line, "CAPABILITIES", frozenset(Capability))
    claimed = True
    assert run_check(Check("x", "y", refuse), memory_setup()).verdict is Verdict.FAILED
