"""Profiles of countries: what makes one, what is refused, who uses them."""

import json
import math
import runpy
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boardcore.errors import BoardcoreError, ToneError, UnknownCountry
from boardcore.ports import Termination, ToneSpec
from boardcore.tones import (
    COUNTRIES,
    TONE_NAMES,
    Burst,
    Country,
    RingCadence,
    Tone,
    cadence_text,
    country,
    freqs_text,
    tone_names,
)
from boardcore_simulators import CHINA, Plan

ROOT = Path(__file__).resolve().parents[2]
TONES = [(code, name) for code, profile in COUNTRIES.items() for name in profile.tones]
BUSY = Tone((425.0,), (Burst(0.5, 0.5),))


def test_the_countries_that_were_asked_for_are_there() -> None:
    assert set(COUNTRIES) == {"CN", "US", "GB", "DE", "FR", "IT", "JP", "IN", "RU", "BR"}
    assert {code for code, profile in COUNTRIES.items() if profile.law == "mu"} == {"US", "JP"}


def test_china_is_complete() -> None:
    china = {name: (freqs_text(tone), cadence_text(tone)) for name, tone in country("CN").tones.items()}
    assert china == {
        "dial": ("450", "steady"),
        "special_dial": ("450", "0.4-0.04"),
        "ringback": ("450", "1-4"),
        "busy": ("450", "0.35-0.35"),
        "congestion": ("450", "0.7-0.7"),
        "unobtainable": ("450", "0.1-0.1-0.1-0.1-0.1-0.1-0.4-0.4"),
        "call_waiting": ("450", "0.4-4"),
        "howler": ("950", "steady"),
        "record_warning": ("1400", "0.4-10"),
    }
    assert tuple(china) == TONE_NAMES
    assert country("CN").ring.cadence_s == ((1.0, 4.0),)


@pytest.mark.parametrize(("code", "name"), TONES)
def test_a_level_is_one_that_a_network_sends(code: str, name: str) -> None:
    tone = country(code).tone(name)
    at_once = max(len(burst.freqs_hz) for burst in tone.bursts)
    assert -25 <= tone.level_dbm0 + 10 * math.log10(at_once) <= 0


@pytest.mark.parametrize(("code", "name"), TONES)
def test_the_tones_of_a_country_are_told_apart(code: str, name: str) -> None:
    profile = country(code)
    assert [other for other, tone in profile.tones.items() if tone.resembles(profile.tone(name))] == [name]


def test_a_country_with_two_tones_alike_is_refused() -> None:
    late = Tone((425.0,), (Burst(0.45, 0.52),))
    with pytest.raises(ToneError, match="DE: busy and congestion cannot be told apart"):
        replace(country("DE"), congestion=late)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (BUSY, Tone((425.0,), (Burst(0.5, 0.5), Burst(0.5, 0.5))), True),  # the same, told twice
        (Tone((425.0,), (Burst(0.2, 0.2), Burst(0.6, 1.0))), Tone((425.0,), (Burst(0.6, 1.0), Burst(0.2, 0.2))), True),
        (BUSY, Tone((450.0,), (Burst(0.5, 0.5),)), True),  # 25 Hz are within 15 and 15
        (BUSY, Tone((460.0,), (Burst(0.5, 0.5),)), False),
        (BUSY, Tone((425.0,), (Burst(0.5, 0.7),)), False),
        (BUSY, Tone((425.0,)), False),
        (BUSY, Tone((425.0,), (Burst(0.5, 0.5),), modulation_hz=25), False),
        (BUSY, Tone((425.0, 600.0), (Burst(0.5, 0.5),)), False),
        (Tone((425.0,), (Burst(0.1, 0.1), Burst(math.inf))), Tone((425.0,)), False),
    ],
)
def test_which_tones_are_alike(one: Tone, other: Tone, alike: bool) -> None:
    assert (one.resembles(other), other.resembles(one)) == (alike, alike)


@pytest.mark.parametrize("text", ["CN", "cn", " China ", "CHINA"])
def test_a_country_is_found_by_code_or_name(text: str) -> None:
    assert country(text) is COUNTRIES["CN"]


def test_the_usual_short_names_are_codes() -> None:
    assert (country("UK").code, country("USA").code) == ("GB", "US")


@pytest.mark.parametrize(("text", "near"), [("Germny", "'Germany'"), ("CM", "'CN'"), ("Brasil", "'Brazil'")])
def test_an_unknown_country_lists_what_there_is_and_the_nearest(text: str, near: str) -> None:
    with pytest.raises(UnknownCountry, match=f"did you mean {near}") as caught:
        country(text)
    assert caught.value.known == ("BR", "CN", "DE", "FR", "GB", "IN", "IT", "JP", "RU", "US")
    assert isinstance(caught.value, (BoardcoreError, ValueError))
    assert "(there are: BR, CN, DE," in str(caught.value)


def test_a_country_that_is_not_a_text_is_refused() -> None:
    with pytest.raises(TypeError, match="like 'CN', not int"):
        country(86)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_an_unknown_tone_lists_what_there_is_and_the_nearest() -> None:
    with pytest.raises(ToneError, match=r"CN has no tone 'bussy'; did you mean 'busy'\? \(there are: dial, special"):
        country("CN").tone("bussy")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"freqs_hz": ()}, "none, and not every burst"),
        ({"freqs_hz": (), "cadence": (Burst(1, 1), Burst(1, 1, (400.0,)))}, "none, and not every burst"),
        ({"freqs_hz": (425.0,), "cadence": (Burst(1, 1, (400.0,)),)}, "never heard"),
        ({"freqs_hz": (425.0, 425.0)}, "same frequency twice"),
        ({"freqs_hz": (100.0, 200.0, 300.0, 400.0, 500.0)}, "at most 4 frequencies"),
        ({"freqs_hz": (4000.0,)}, "freqs_hz must be 1 to 3999, not 4000"),
        ({"freqs_hz": (math.nan,)}, "freqs_hz must be"),
        ({"freqs_hz": (425.0,), "cadence": (Burst(0.5),)}, "no pause after 0.5 s"),
        ({"freqs_hz": (425.0,), "cadence": (Burst(math.inf), Burst(1, 1))}, "lasts for ever"),
        ({"freqs_hz": (425.0,), "repeats": False}, "never ends"),
        ({"freqs_hz": (425.0,), "cadence": (Burst(1, 1),) * 65}, "at most 64 bursts"),
        ({"freqs_hz": (425.0,), "level_dbm0": 4}, "level_dbm0 must be -60 to 3"),
        ({"freqs_hz": (425.0, 600.0), "level_dbm0": 0}, "together clip at 0 dBm0 each"),
        ({"freqs_hz": (400.0,), "level_dbm0": 0, "modulation_hz": 25}, "together clip"),
        ({"freqs_hz": (20.0,), "modulation_hz": 25}, "no room for side bands"),
        ({"freqs_hz": (3990.0,), "modulation_hz": 25}, "no room for side bands"),
        ({"freqs_hz": (425.0,), "modulation_depth": 0}, "modulation_depth"),
        ({"freqs_hz": (425.0,), "cadence_tolerance": 0.5}, "cadence_tolerance"),
        ({"freqs_hz": (425.0,), "freq_tolerance_hz": -1}, "freq_tolerance_hz"),
        ({"freqs_hz": (425.0,), "source": " "}, "source"),
    ],
)
def test_a_tone_that_contradicts_itself_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ToneError, match=message):
        Tone(**arguments)


@pytest.mark.parametrize(
    "times", [(0.0, 1.0), (-1.0, 1.0), (math.nan, 1.0), (1.0, math.inf), (1.0, -1.0), (math.inf, 1.0)]
)
def test_a_burst_that_makes_no_sense_is_refused(times: tuple[float, float]) -> None:
    with pytest.raises(ToneError, match=r"on_s|off_s"):
        Burst(*times)


@pytest.mark.parametrize(("value", "kind"), [("1", "str"), (True, "bool"), (None, "NoneType")])
def test_a_time_that_is_not_a_number_is_refused(value: Any, kind: str) -> None:
    with pytest.raises(TypeError, match=f"on_s must be a number, not {kind}"):
        Burst(value, 1)


@pytest.mark.parametrize("cadence", [(), ((0.0, 1.0),), ((1.0, 0.0),), ((1.0, math.nan),)])
def test_ringing_that_makes_no_sense_is_refused(cadence: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ToneError, match="cadence_s"):
        RingCadence(cadence, "a test")


@pytest.mark.parametrize(("change", "message"), [({"code": "de"}, "two capital"), ({"law": "x"}, "'a' or 'mu'")])
def test_a_country_that_makes_no_sense_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ToneError, match=message):
        replace(country("DE"), **change)


_SECONDS = st.one_of(st.floats(0, 5), st.floats(), st.just(math.inf), st.just(0.0))
_FREQS = st.lists(st.one_of(st.sampled_from([350.0, 440.0, 425.0]), st.floats()), max_size=5).map(tuple)


@given(st.data())
def test_any_description_is_a_sound_one_or_is_refused(data: st.DataObject) -> None:
    try:
        bursts = data.draw(st.lists(st.builds(Burst, _SECONDS, _SECONDS, _FREQS), max_size=6).map(tuple))
        tone = Tone(
            data.draw(_FREQS), bursts, data.draw(st.floats(-70, 10)), data.draw(st.sampled_from([0.0, 25.0, 400.0])),
            repeats=data.draw(st.booleans()),
        )  # fmt: skip
    except ToneError:
        return
    assert all(0 < freq < 4000 for burst in tone.bursts for freq in burst.freqs_hz)
    assert all(burst.freqs_hz and burst.on_s > 0 and 0 <= burst.off_s < math.inf for burst in tone.bursts)
    assert all(a.off_s or set(a.freqs_hz) != set(b.freqs_hz) for a, b in pairwise(tone.bursts))
    assert tone.resembles(tone)


def test_a_job_has_the_tone_s_frequencies_level_and_cadence() -> None:
    rule = Termination(max_s=3)
    assert country("US").busy.to_spec(rule) == ToneSpec((480.0, 620.0), -24, ((0.5, 0.5),), rule)
    assert country("CN").dial.to_spec() == ToneSpec((450.0,), -10)


@pytest.mark.parametrize(
    ("tone", "lack"),
    [
        (country("IN").dial, "modulation by 25 Hz"),
        (country("DE").unobtainable, "bursts of different frequencies"),
        (country("US").howler, "4 frequencies"),
        (country("US").special_dial, "a cadence that becomes steady"),
        (Tone((425.0,), (Burst(0.1, 0.1),) * 5), "5 bursts"),
        (Tone((425.0,), (Burst(0.1, 0.1),), repeats=False), "a cadence that is sent once"),
    ],
)
def test_a_tone_that_a_job_has_no_room_for_is_refused(tone: Tone, lack: str) -> None:
    with pytest.raises(ToneError, match=f"cannot carry {lack}"):
        tone.to_spec()


@pytest.mark.parametrize("code", sorted(COUNTRIES))
def test_an_exchange_sounds_like_the_profile(code: str) -> None:
    profile = country(code)
    plan = Plan.of(profile)
    assert (plan.dial, plan.ringback, plan.busy) == (profile.dial, profile.ringback, profile.busy)
    assert plan.congestion == (profile.congestion or profile.busy)
    assert plan.unobtainable == (profile.unobtainable or profile.busy)
    assert plan.special_dial == (profile.special_dial or profile.dial)
    assert plan.ring is profile.ring


def test_an_exchange_is_chinese_unless_it_is_told_otherwise() -> None:
    assert Plan.of(country("CN")) == CHINA


def test_an_exchange_that_cannot_ring_so_is_refused() -> None:
    thrice = replace(country("CN"), ring=RingCadence(((0.4, 0.2),) * 3, "ours"))
    with pytest.raises(ToneError, match="at most 2 pairs of times, not 3"):
        Plan.of(thrice)


@pytest.mark.parametrize("names", ["busy, howler", ["busy", "howler"], {"howler", "busy"}])
def test_names_of_tones(names: str | list[str] | set[str]) -> None:
    assert tone_names(names, "x") == {"busy", "howler"}


def test_a_wrong_name_of_a_tone_is_told_the_right_one() -> None:
    with pytest.raises(ToneError, match="x: there is no tone 'bussy'; did you mean 'busy'"):
        tone_names("bussy", "x")


def test_the_document_is_made_from_the_data() -> None:
    made = runpy.run_path(str(ROOT / "tools" / "make_tones_doc.py"))
    text = (ROOT / "docs" / "tones.md").read_text(encoding="utf-8")
    assert text == made["document"](), "run python tools/make_tones_doc.py"


def test_every_row_has_a_source() -> None:
    assert all(tone.source != "the caller" for profile in COUNTRIES.values() for tone in profile.tones.values())


def test_a_profile_of_one_s_own() -> None:
    ours = Country("XX", "Lab", "a", RingCadence(((1.0, 4.0),), "ours"), Tone((400.0,)), Tone((600.0,)), BUSY)
    assert json.dumps(sorted(ours.tones)) == '["busy", "dial", "ringback"]'
