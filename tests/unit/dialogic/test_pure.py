"""The pure parts of the Dialogic driver: rules, routing, digits, options, user I/O, tones."""

from __future__ import annotations

import numpy as np
import pytest

from boardcore.errors import AddressError, DriverError
from boardcore.ports import CollectSpec, EndReason, Termination, ToneSpec
from boardcore.tones import country
from boardcore_dialogic import DialogicOptions
from boardcore_dialogic._constants import Rule, RuleFlag, TermMask
from boardcore_dialogic._digits import Collecting, DigitRule, TypeAhead, Verdict
from boardcore_dialogic._routing import Routes
from boardcore_dialogic._rules import Condition, conditions, digit_mask, reason_of
from boardcore_dialogic._sources import ToneSource
from boardcore_dialogic._tones import Template, templates
from boardcore_dialogic._user_io import UserIo
from boardcore_dialogic._vendor import Vendor, find_library


@pytest.mark.parametrize(("digits", "mask"), [("D", 1), ("1", 2), ("9", 512), ("0", 1024), ("*#", 6144), ("C", 32768)])
def test_a_digit_mask_has_the_vendors_bits(digits: str, mask: int) -> None:
    assert digit_mask(digits) == mask


def test_no_rules_are_no_table() -> None:
    assert conditions(Termination()) == []


def test_times_are_in_the_finest_unit_that_holds_them() -> None:
    fine, coarse = conditions(Termination(max_s=1.234)), conditions(Termination(max_s=1000.0))
    assert fine == [Condition(Rule.MAXTIME, 124, RuleFlag.TEN_MS)]
    assert coarse == [Condition(Rule.MAXTIME, 10000, 0)]


def test_what_no_row_can_hold_is_left_to_the_driver() -> None:
    assert conditions(Termination(max_s=80000.0)) == []
    assert conditions(Termination(max_digits=40)) == []


def test_digit_rules_look_at_new_digits_only() -> None:
    rows = conditions(Termination(max_digits=3, digits="#"))
    assert [row.number for row in rows] == [Rule.DIGMASK, Rule.MAXDTMF]
    assert not any(row.flags & RuleFlag.LEVEL for row in rows)


@pytest.mark.parametrize(
    ("mask", "reason"),
    [
        (0, EndReason.DATA),
        (TermMask.EOD, EndReason.DATA),
        (TermMask.MAXTIME, EndReason.MAX_TIME),
        (TermMask.DIGIT | TermMask.MAXDTMF, EndReason.DIGIT),
        (TermMask.MAXSIL | TermMask.MAXTIME, EndReason.SILENCE),
        (TermMask.USRSTOP, EndReason.STOPPED),
        (TermMask.ERROR | TermMask.EOD, EndReason.ERROR),
        (1 << 30, EndReason.ERROR),
    ],
)
def test_a_mask_is_one_reason(mask: int, reason: EndReason) -> None:
    assert reason_of(mask) is reason


def test_a_line_hears_prompt_before_partner_before_stream() -> None:
    routes = Routes(own=1, prompting=True, stream=2, partner=3)
    assert routes.heard == 1
    routes.prompting = False
    assert routes.heard == 3
    routes.partner = None
    assert routes.heard == 2
    routes.stream = None
    assert routes.heard == 1


def test_type_ahead_keeps_so_many() -> None:
    typed = TypeAhead()
    assert [typed.add("1") for _ in range(65)] == [True] * 64 + [False]
    assert "1" not in repr(typed)


def test_a_digit_of_the_mask_comes_before_the_count() -> None:
    rule = DigitRule(Termination(max_digits=1, digits="#"))
    assert rule.feed("#") == Verdict(EndReason.DIGIT, "#")
    rule = DigitRule(Termination(max_digits=2, digits="#"))
    assert [rule.feed(d) for d in "12"] == [None, Verdict(EndReason.MAX_DIGITS, "2")]


def test_collecting_waits_from_the_last_digit_on() -> None:
    collecting = Collecting(CollectSpec(first_timeout_s=2, inter_digit_timeout_s=1, max_s=5), 10.0)
    assert collecting.next_deadline() == 12.0
    assert collecting.feed("1", 11.0) is None
    assert collecting.next_deadline() == 12.0
    assert collecting.feed("2", 11.5) is None
    assert collecting.expire(12.4) is None
    assert collecting.expire(12.5) == Verdict(EndReason.INTER_DIGIT_TIMEOUT)
    assert collecting.feed("3", 14.5) is None
    assert collecting.expire(15.0) == Verdict(EndReason.MAX_TIME)


def test_collecting_ends_at_its_digits() -> None:
    collecting = Collecting(CollectSpec(max_digits=2, terminators="#"), 0.0)
    assert collecting.feed("1", 0.1) is None
    assert collecting.feed("2", 0.2) == Verdict(EndReason.MAX_DIGITS)
    collecting = Collecting(CollectSpec(terminators="#"), 0.0)
    assert collecting.feed("#", 0.1) == Verdict(EndReason.DIGIT, "#")
    assert collecting.digits == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "x"},
        {"library": ""},
        {"boards": "1,x"},
        {"boards": "0"},
        {"boards": ","},
        {"progress_hz": 50},
        {"country": "Atlantis"},
        {"disconnect_tones": "bussy"},
        {"hang_limit_s": 0.0},
        {"workers": 0},
        {"max_hung": -1},
    ],
)
def test_options_say_what_is_wrong(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong)) if "name" not in wrong else "options only"):
        DialogicOptions(**wrong)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_boards_are_chosen_by_number() -> None:
    assert DialogicOptions(boards="1, 3").board_numbers == (1, 3)
    assert DialogicOptions().board_numbers == ()


def test_a_library_that_is_not_there_is_named() -> None:
    with pytest.raises(DriverError, match="libnothing-of-that-name"):
        Vendor("libnothing-of-that-name.so")


def test_a_library_of_something_else_has_no_functions() -> None:
    vendor = Vendor("libc.so.6")
    assert not vendor.has("dx_open")
    with pytest.raises(Exception, match="does not have this function"):
        vendor.start()


def test_simulated_needs_a_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_installed(group: str) -> list[object]:
        return []

    monkeypatch.setattr("boardcore_dialogic._vendor.entry_points", none_installed)
    with pytest.raises(AddressError, match="simulated"):
        find_library("simulated")


def test_a_late_call_of_user_io_meets_nobody() -> None:
    io = UserIo()

    class Tape:
        def read(self, room: int) -> bytes:
            return b"x" * (room + 5)

    handle = io.add(Tape())
    assert io.read(handle, 3) == b"xxx"
    assert io.write(handle, b"abc") == 0
    io.remove(handle)
    assert io.read(handle, 3) == b""
    assert io.add(Tape()) != handle


def test_a_tone_has_its_level_frequency_and_cadence() -> None:
    source = ToneSource(ToneSpec((1000.0,), -10.0, ((0.05, 0.05),)))
    samples = np.frombuffer(b"".join(source.read(160) for _ in range(20)), "<i2")
    on = samples[:400].astype(float)
    assert abs(20 * np.log10(np.sqrt(np.mean(on**2)) / 16141) + 10) < 0.05
    assert np.argmax(np.abs(np.fft.rfft(on))) == 50
    assert not samples[400:800].any()
    assert samples[800:1200].any()


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("CN", [((450.0,), 30)]),
        ("US", [((350.0, 440.0), 30), ((440.0, 480.0), 19), ((480.0, 620.0), 30)]),
        ("GB", [((350.0, 440.0), 30), ((400.0, 450.0), 24), ((400.0,), 30)]),
    ],
)
def test_a_country_s_sounds_are_templates(code: str, wanted: list[tuple[tuple[float, ...], int]]) -> None:
    made = templates(country(code), 0)
    assert [(one.freqs_hz, one.off_hz) for one in made] == wanted
    assert [one.number for one in made] == list(range(101, 101 + len(wanted)))
    assert all(one.build_hz == one.freqs_hz for one in made)


def test_a_frequency_of_one_s_own_is_one_template() -> None:
    assert templates(country("US"), 440) == (Template(101, (), (440,), 30),)
