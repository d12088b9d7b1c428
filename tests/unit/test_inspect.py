"""`boardcore inspect`: what it finds in recordings, how it draws them, how it fails."""

import json
import struct
import subprocess
import sys
import zlib
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile as _soundfile  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from boardcore.cli._inspect import run_inspect
from boardcore.cli._inspect_overview import COLUMNS, Overview
from boardcore.cli._inspect_plot import LETTER_IN, draw, lanes_of, placed
from boardcore.cli._inspect_scan import ChannelReport, Kind, Scanner, Stretch
from boardcore.dsp import DtmfDigit, dtmf_tones, mf_tones, modem_tone, resample
from boardcore.errors import MediaFormatError, UnknownCountry
from boardcore.tones import country, tone_samples

soundfile: Any = _soundfile
RATE_HZ = 8000
Int16 = npt.NDArray[np.int16]
CHINA = country("CN")


def silence(seconds: float) -> Int16:
    return np.zeros(round(seconds * RATE_HZ), np.int16)


def babble(seconds: float, seed: int = 4) -> Int16:
    """Noise in syllables: sound that is nothing else."""
    rng = np.random.default_rng(seed)
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (rng.normal(0, 4000, at.size) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * at))).astype(np.int16)


CALL = np.concatenate(
    [
        silence(0.5), tone_samples(CHINA.dial, 1.5), dtmf_tones("139*0", on_ms=90, off_ms=110), silence(0.5),
        tone_samples(CHINA.ringback, 10.0), silence(0.4), babble(3.0), silence(0.6), tone_samples(CHINA.busy, 3.15),
        silence(1.0),
    ]
)  # fmt: skip


def scanned(samples: Int16, code: str | None = None) -> list[ChannelReport]:
    rows = np.atleast_2d(samples)
    scanner = Scanner(rows.shape[0], None if code is None else country(code))
    scanner.process(np.ascontiguousarray(rows))
    return scanner.result()


def named(report: ChannelReport, kind: str) -> list[tuple[str, float, float]]:
    return [(one.name, one.began_s, one.ended_s) for one in report.stretches if one.kind == kind]


def near(*times_s: float) -> Any:
    return pytest.approx(times_s, abs=0.03)


# --- what is found ---


def test_a_call_with_its_country_s_tones() -> None:
    (report,) = scanned(CALL, "CN")
    assert [digit.digit for digit in report.digits] == list("139*0")
    assert [digit.time_s for digit in report.digits] == pytest.approx([2.0 + 0.2 * n for n in range(5)], abs=0.01)
    tones = named(report, Kind.TONE)
    assert [name for name, _, _ in tones] == ["dial", "ringback", "busy"]
    assert [times for _, *times in tones] == [near(0.5, 2.0), near(3.5, 9.5), near(17.5, 20.65)]
    assert [times for _, *times in named(report, Kind.SOUND)] == [near(13.9, 16.9)]
    assert [times for _, *times in named(report, Kind.SILENCE)] == [
        near(0.0, 0.5), near(2.89, 3.5), near(9.5, 13.9), near(16.9, 17.5), near(20.65, 21.65)
    ]  # fmt: skip
    assert report.duration_s == CALL.size / RATE_HZ


def test_a_call_whose_tones_are_learned() -> None:
    (report,) = scanned(CALL)
    tones = [(one.name, one.detail, one.level_dbm0) for one in report.stretches if one.kind == Kind.TONE]
    assert tones == [("450", "steady (unsure)", -10.0), ("450", "1-4 (unsure)", -10.0), ("450", "0.35-0.35", -10.0)]


def test_each_channel_has_its_own() -> None:
    keys = np.concatenate([silence(1.0), dtmf_tones("42"), silence(CALL.size / RATE_HZ)])[: CALL.size]
    first, second = scanned(np.stack([CALL, keys]), "CN")
    assert "".join(digit.digit for digit in first.digits) == "139*0"
    assert "".join(digit.digit for digit in second.digits) == "42"
    assert named(second, Kind.TONE) == []


@pytest.mark.parametrize("code", [None, "CN"])
def test_modem_tones(code: str | None) -> None:
    parts = [silence(0.5), modem_tone("cng", duration_ms=500), silence(1.0), modem_tone("ans", duration_ms=2600)]
    (report,) = scanned(np.concatenate([*parts, silence(0.1), modem_tone("v21-flags", duration_ms=900)]), code)
    assert [name for name, _, _ in named(report, Kind.MODEM)] == ["cng", "ans", "v21-flags"]
    assert [times for _, *times in named(report, Kind.MODEM)] == [near(0.5, 1.0), near(2.0, 4.6), near(4.7, 5.6)]
    assert named(report, Kind.TONE) == []  # 1100 and 2100 Hz are told once


@pytest.mark.parametrize(
    ("kind", "digits"), [("r1", "*5551234#"), ("r2-forward", "1234F"), ("r2-backward", "11135")]
)
def test_rows_of_mf_signals(kind: str, digits: str) -> None:
    (report,) = scanned(np.concatenate([silence(0.5), mf_tones(kind, digits), silence(0.5)]))
    assert "".join(signal.digit for signal in report.signals) == digits
    assert [(one.name, one.detail) for one in report.stretches if one.kind == Kind.MF] == [(kind, digits)]
    assert named(report, Kind.TONE) == []


def test_a_few_mf_signals_are_not_believed() -> None:
    (report,) = scanned(np.concatenate([silence(0.5), mf_tones("r1", "555"), silence(0.5)]))
    assert report.signals == []


def test_levels_clipping_and_direct_current() -> None:
    sound = tone_samples(CHINA.dial, 4.0) // 2 + 500
    sound[16000:16800] = 32767
    (report,) = scanned(sound.astype(np.int16))
    rms = 10 * np.log10(np.mean(sound.astype(np.float64) ** 2)) - 20 * np.log10(16141)
    assert report.rms_dbm0 == pytest.approx(rms, abs=0.06)
    assert report.peak_dbm0 == pytest.approx(3.1, abs=0.1)
    assert report.peak_at_s == pytest.approx(2.0, abs=0.01)
    assert report.dc_offset == pytest.approx(np.mean(sound), abs=0.06)
    assert report.clipped == 800
    assert named(report, Kind.CLIPPED) == [("", 2.0, 2.1)]


def test_silence_is_all_that_there_is() -> None:
    (report,) = scanned(silence(3.0))
    assert named(report, Kind.SILENCE) == [("", 0.0, 3.0)]
    assert len(report.stretches) == 1
    assert report.rms_dbm0 == -96


def test_sound_above_a_noisy_floor() -> None:
    sound = np.concatenate([silence(2.0), babble(1.5), silence(2.0)]) + np.random.default_rng(1).normal(0, 60, 44000)
    (report,) = scanned(sound.astype(np.int16))
    assert [times for _, *times in named(report, Kind.SOUND)] == [near(2.0, 3.5)]


@settings(max_examples=10)
@given(st.lists(st.integers(0, 60000), max_size=8), st.sampled_from(["CN", None]))
def test_the_cuts_of_the_recording_do_not_matter(cuts: list[int], code: str | None) -> None:
    scanner, at = Scanner(1, None if code is None else country(code)), 0
    for length in [*cuts, CALL.size]:
        scanner.process(CALL[at : at + length].reshape(1, -1))
        at += length
    assert scanner.result() == scanned(CALL, code)


# --- what is printed ---


def written(path: Path, channels: list[Int16], rate_hz: int = RATE_HZ, subtype: str = "PCM_16") -> Path:
    soundfile.write(str(path), np.stack(channels, axis=1), rate_hz, subtype=subtype)
    return path


@pytest.mark.parametrize(
    ("name", "rate_hz", "subtype"), [("a.wav", 8000, "ULAW"), ("a.wav", 48000, "PCM_24"), ("a.flac", 11025, "PCM_16")]
)
def test_json_of_any_rate_and_format(
    name: str, rate_hz: int, subtype: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path / name, [resample(CALL, RATE_HZ, rate_hz)] * 2, rate_hz, subtype)
    run_inspect(file, None, "CN", as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["rate_hz"], told["duration_s"]) == (rate_hz, pytest.approx(CALL.size / RATE_HZ, abs=0.01))
    for channel in told["channels"]:
        assert "".join(digit["digit"] for digit in channel["digits"]) == "139*0"
        assert channel["digits"][0]["twist_db"] == pytest.approx(0, abs=0.5)
        assert channel["digits"][0]["duration_s"] == pytest.approx(0.09, abs=0.01)
        assert [one["name"] for one in channel["stretches"] if one["kind"] == "tone"] == ["dial", "ringback", "busy"]
        assert channel["levels"]["clipped"] == 0


def test_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    run_inspect(written(tmp_path / "call.wav", [CALL]), None, "CN", as_json=False)
    printed = capsys.readouterr().out
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in printed.splitlines() if "│" in line]
    assert printed.startswith("call.wav: 21.65 s, 8000 Hz, mono, WAV, ")
    assert "digits: 139*0\n" in printed
    assert cells[0] == ["0.000", "0.500", "0.500", "silence", "", ""]
    assert [row[3] for row in cells[1:7]] == ["tone dial", *(f"digit {digit}" for digit in "139*0")]
    assert cells[2][5] == "-10.0"
    assert [float(row[0]) for row in cells] == sorted(float(row[0]) for row in cells)


# --- the picture ---


@pytest.fixture(scope="module", autouse=True)
def fonts() -> None:
    """matplotlib keeps its fonts open: before any test counts files."""
    figure: Any = Figure()
    for weight in ("normal", "bold"):
        figure.text(0, 0, "a", fontweight=weight)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()


def png_size(path: Path) -> tuple[int, int]:
    """Width and height of a PNG whose chunks are whole."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, names = 8, list[bytes]()
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert zlib.crc32(name + body) == struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0]
        names.append(name)
        at += 12 + length
    assert names[-1] == b"IEND"
    width, height = struct.unpack(">II", data[16:24])
    return width, height


@pytest.mark.parametrize("channels", [1, 2])
def test_the_picture_is_drawn(channels: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    png = tmp_path / "call.png"
    run_inspect(written(tmp_path / "call.wav", [CALL] * channels), png, None, as_json=False)
    width, height = png_size(png)
    assert width == 1650
    assert 450 * channels < height < 900 * channels
    assert f"picture: {png}\n" in capsys.readouterr().out


@pytest.mark.parametrize("length", [1, 30, 300])
def test_a_picture_of_hardly_anything(length: int, tmp_path: Path) -> None:
    run_inspect(written(tmp_path / "x.wav", [CALL[8000 : 8000 + length]]), tmp_path / "x.png", None, as_json=True)
    assert png_size(tmp_path / "x.png")[0] == 1650


def test_no_label_of_the_picture_covers_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also with every kind of thing in it, names that are too long, and digits too near to each other."""
    def check(figure: Any, *_: object, **__: object) -> None:
        canvas: Any = FigureCanvasAgg(figure)
        canvas.draw()
        renderer = canvas.get_renderer()
        for axis in figure.axes:
            texts = [*axis.texts, *axis.get_yticklabels(), axis.title, axis._left_title, axis.xaxis.label]
            if axis.xaxis.get_tick_params()["labelbottom"]:
                texts += [label for label in axis.get_xticklabels() if label.get_position()[0] <= axis.get_xlim()[1]]
            shown = [text for text in texts if text.get_text() and text.get_visible()]
            boxes = [text.get_window_extent(renderer) for text in shown]
            for number, box in enumerate(boxes):
                assert box.x0 >= 0, shown[number]
                assert box.x1 <= figure.bbox.x1, shown[number]
                for other, other_box in enumerate(boxes[:number]):
                    apart = box.x0 >= other_box.x1 or box.x1 <= other_box.x0
                    stacked = box.y0 >= other_box.y1 - 1 or box.y1 <= other_box.y0 + 1
                    assert apart or stacked, (shown[number], shown[other])
        checked.append(len(figure.axes))

    checked: list[int] = []
    monkeypatch.setattr(Figure, "savefig", check)
    report = ChannelReport(600.0, -20, -3, 5, 3, 7)
    report.digits = [DtmfDigit(0, "123456789*"[n % 10], n * 7.0 % 590, 0.08, 0, -10, 0) for n in range(120)]
    report.digits.sort(key=lambda digit: digit.time_s)
    names = ["985.2/1370.6/1776.7", "1400+2060+2450+2600", "450", "350+440", "425", "a_long_name_of_some_tone_of_ours"]
    report.stretches = [
        Stretch(kind, 20.0 * n, 20.0 * n + 9, name, "0.1-0.1-0.1-0.1, once")
        for n, (kind, name) in enumerate((kind, name) for kind in (Kind.TONE, Kind.MODEM) for name in names * 2)
    ] + [Stretch(Kind.SOUND, 1, 2), Stretch(Kind.SILENCE, 3, 4), Stretch(Kind.CLIPPED, 5, 6)]  # fmt: skip
    draw("a title", [report, report], [Overview(600 * RATE_HZ)] * 2, tmp_path / "x.png")
    assert checked == [6]


def test_the_lanes_of_a_call() -> None:
    (report,) = scanned(CALL, "CN")
    lanes = lanes_of(report)
    assert [lane.name for lane in lanes] == ["digits", "dial", "ringback", "busy", "speech, sound", "silence"]
    assert "".join(text for _, _, text in lanes[0].letters) == "139*0"
    assert lanes[2].bars == [near(3.5, 9.5)]


@given(st.lists(st.floats(0, 99), min_size=1, max_size=60), st.floats(0.01, 2))
def test_texts_of_digits_do_not_overlap(times_s: list[float], per_s: float) -> None:
    letters = [(at, at + 0.08, "5") for at in sorted(times_s)]
    found = placed(letters, 100.0, per_s)
    edges = [(at - len(text) * LETTER_IN / 2 / per_s, at + len(text) * LETTER_IN / 2 / per_s)
             for _, _, at, text in found if text]  # fmt: skip
    assert all(a[1] <= b[0] + 1e-6 for a, b in pairwise(edges))
    assert all(a >= -1e-6 and b <= 100 + 1e-6 for a, b in edges)
    assert sum(len(text) for *_, text in found) <= len(letters)
    assert (found[0][0], found[-1][1]) == (letters[0][0], letters[-1][1])  # bars for all of them


@settings(max_examples=20)
@given(st.lists(st.integers(0, 30000), max_size=10))
def test_an_overview_does_not_depend_on_cuts(cuts: list[int]) -> None:
    whole, parts, at = Overview(CALL.size), Overview(CALL.size), 0
    whole.process(CALL)
    for length in [*cuts, CALL.size]:
        parts.process(CALL[at : at + length])
        at += length
    whole.finish()
    parts.finish()
    assert np.array_equal(whole.low, parts.low)
    assert np.array_equal(whole.high, parts.high)
    assert np.allclose(whole.spectrogram_db(), parts.spectrogram_db())


def test_an_overview_shows_levels_where_they_were() -> None:
    overview = Overview(CALL.size)
    overview.process(CALL)
    overview.finish()
    image = overview.spectrogram_db()
    column = round(1.2 / (CALL.size / RATE_HZ) * overview.columns)  # in the dial tone: 450 Hz at -10 dBm0
    assert int(np.argmax(image[:, column])) in (14, 15)
    assert image[:, column].max() == pytest.approx(-10 - 3.14, abs=1.5)  # full scale of A-law is +3.14 dBm0
    assert overview.high[column] == pytest.approx(10 ** (-13.14 / 20), abs=0.02)
    assert image[:, round(0.2 / (CALL.size / RATE_HZ) * overview.columns)].max() < -100


def test_an_overview_of_an_hour_is_not_larger() -> None:
    overview = Overview(3600 * RATE_HZ)
    for _ in range(3600 // 20):
        overview.process(np.resize(CALL, 20 * RATE_HZ))
    overview.finish()
    assert overview.spectrogram_db().shape == (129, COLUMNS)
    assert overview._kept.size < 512  # pyright: ignore[reportPrivateUsage]


# --- what goes wrong ---


def test_a_picture_does_not_replace_the_recording(tmp_path: Path) -> None:
    file = written(tmp_path / "call.wav", [CALL])
    before = file.read_bytes()
    (tmp_path / "link.png").symlink_to(file)
    with pytest.raises(ValueError, match=r"link\.png is the recording itself"):
        run_inspect(file, tmp_path / "link.png", None, as_json=False)
    assert file.read_bytes() == before


def test_a_missing_folder_is_told_before_the_work(tmp_path: Path) -> None:
    file = written(tmp_path / "call.wav", [CALL])
    with pytest.raises(FileNotFoundError):
        run_inspect(file, tmp_path / "none" / "x.png", None, as_json=False)


def test_an_unknown_country(tmp_path: Path) -> None:
    with pytest.raises(UnknownCountry):
        run_inspect(written(tmp_path / "call.wav", [CALL]), None, "XX", as_json=False)


def test_samples_that_are_not_numbers(tmp_path: Path) -> None:
    sound = np.zeros(16000, np.float32)
    sound[12000] = np.inf
    soundfile.write(str(tmp_path / "bad.wav"), sound, RATE_HZ, subtype="FLOAT")
    with pytest.raises(MediaFormatError, match=r"bad\.wav: the sample at 1\.500 s is not a number"):
        run_inspect(tmp_path / "bad.wav", None, None, as_json=False)


def test_bad_files_are_one_line_and_code_2(tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"RIFF, but what follows is no audio at all")
    command = [sys.executable, "-c", "from boardcore.cli import main; main()", "inspect", "bad.wav", "--png", "x.png"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("boardcore: bad.wav: ")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "x.png").exists()
