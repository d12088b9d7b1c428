"""`boardcore tones`: what it prints and writes, how it fails."""

import json
import math
import os
import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile as _soundfile  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]

from boardcore.cli._learn import show_learned
from boardcore.cli._sound_file import SoundFile
from boardcore.dsp import resample
from boardcore.errors import MediaFormatError
from boardcore.tones import COUNTRIES, Burst, Tone, country, python_text, tone_samples

soundfile: Any = _soundfile
COMMAND = (sys.executable, "-c", "from boardcore.cli import main; main()", "tones")


def tones(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"COLUMNS": "120"}
    return subprocess.run([*COMMAND, *args], cwd=cwd, env=env, capture_output=True, text=True, timeout=120)


def test_list_shows_every_tone_of_every_country(tmp_path: Path) -> None:
    rows = json.loads(tones("list", "--json", cwd=tmp_path).stdout)
    assert [(r["country"], r["tone"]) for r in rows] == [(p.code, n) for p in COUNTRIES.values() for n in p.tones]


def test_list_for_programs_has_what_a_detector_needs(tmp_path: Path) -> None:
    rows = {row["tone"]: row for row in json.loads(tones("list", "US", "--json", cwd=tmp_path).stdout)}
    assert rows["busy"]["bursts"] == [{"on_s": 0.5, "off_s": 0.5, "freqs_hz": [480, 620]}]
    assert rows["dial"]["bursts"] == [{"on_s": None, "off_s": 0, "freqs_hz": [350, 440]}]
    assert (rows["dial"]["level_dbm0"], rows["dial"]["law"], rows["dial"]["unverified"]) == (-13, "mu", False)
    assert rows["unobtainable"]["repeats"] is False
    assert rows["howler"]["unverified"] is True


def test_list_as_a_table(tmp_path: Path) -> None:
    table = tones("list", "cn", cwd=tmp_path).stdout
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in table.splitlines() if "│" in line]
    assert ["CN", "busy", "450", "0.35-0.35", "-10"] in cells
    assert ["CN", "special_dial ?", "450", "0.4-0.04", "-10"] in cells
    assert len(cells) == 9


def test_play_writes_the_tone(tmp_path: Path) -> None:
    done = tones("play", "GB", "special_dial", "--out", "special.wav", "--duration", "2.5", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "special.wav: 2.5 s\n")
    with wave.open(str(tmp_path / "special.wav")) as wav:
        assert (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) == (1, 2, 8000)
        written = np.frombuffer(wav.readframes(wav.getnframes()), "<i2")
    assert np.array_equal(written, tone_samples(country("GB").tone("special_dial"), 2.5))


def written(path: Path, channels: list[npt.NDArray[np.int16]], rate_hz: int = 8000, subtype: str = "PCM_16") -> Path:
    """A sound file of any format, by its name."""
    soundfile.write(str(path), np.stack(channels, axis=1), rate_hz, subtype=subtype)
    return path


def test_learn_prints_the_tone_and_its_python(tmp_path: Path) -> None:
    written(tmp_path / "line.wav", [tone_samples(country("CN").busy, 4.0)])
    done = tones("learn", "line.wav", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in done.stdout.splitlines() if "│" in line]
    assert cells == [["1", "450", "0.35-0.35", "-10", "5", "0.00-3.85"]]
    names: dict[str, Tone] = {}
    exec(done.stdout[done.stdout.index("from boardcore") :], names)
    assert names["tone_1"].resembles(country("CN").busy)
    assert names["tone_1"].source == "learned from line.wav"


BEEP = Tone((700.0,), (Burst(0.406),), -12.4, repeats=False, source="once")


@pytest.mark.parametrize("tone", [*(t for profile in COUNTRIES.values() for t in profile.tones.values()), BEEP])
def test_the_python_that_is_printed_makes_the_tone_again(tone: Tone) -> None:
    assert eval(python_text(tone), {"Tone": Tone, "Burst": Burst, "math": math}) == tone


@pytest.mark.parametrize(
    ("name", "rate_hz", "subtype"),
    [("a.wav", 8000, "ALAW"), ("a.wav", 48000, "FLOAT"), ("a.flac", 16000, "PCM_24"), ("a.ogg", 44100, "VORBIS")],
)
def test_learn_reads_any_rate_and_format(
    name: str, rate_hz: int, subtype: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    busy, ringback = (tone_samples(country("DE").tone(t), 12.0) for t in ("busy", "ringback"))
    written(tmp_path / name, [resample(busy, 8000, rate_hz), resample(ringback, 8000, rate_hz)], rate_hz, subtype)
    show_learned(tmp_path / name, as_json=True)
    rows = json.loads(capsys.readouterr().out)
    assert [(row["channel"], row["freqs"], row["cadence"]) for row in rows] == [
        (0, "425", "0.48-0.48"), (1, "425", "1-4")
    ]  # fmt: skip
    assert rows[0]["cycles"] == 11
    assert rows[0]["bursts"] == [{"on_s": 0.48, "off_s": 0.48, "freqs_hz": [425.0]}]
    assert [row["heard"][0][0] for row in rows] == pytest.approx([0.0, 0.0], abs=0.003)


def test_learn_of_many_calls_stays_short(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 3000, 8000).astype(np.int16)  # between the tones: or they would be one row
    parts = [part for _ in range(6) for part in (tone_samples(country("CN").busy, 2.45), noise)]
    beep = tone_samples(BEEP, 1.0)
    written(tmp_path / "day.wav", [np.concatenate([*parts, beep])])
    show_learned(tmp_path / "day.wav", as_json=False)
    printed = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "0.00-2.45, 3.45-5.90, 6.90-9.35, 3 more" in printed
    assert "repeats=False" in printed


def test_learn_reads_a_file_whose_name_is_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / os.fsdecode(b"\xff.wav")
    written(tmp_path / "good.wav", [tone_samples(country("CN").busy, 4.0)]).rename(file)
    show_learned(file, as_json=True)
    assert [row["freqs"] for row in json.loads(capsys.readouterr().out)] == ["450"]


def test_learn_says_what_is_unsure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path / "short.wav", [tone_samples(country("CN").ringback, 6.5)])
    show_learned(tmp_path / "short.wav", as_json=False)
    assert "1: unsure: the cadence was heard hardly once\n" in capsys.readouterr().out


def test_learn_says_that_there_is_nothing(tmp_path: Path) -> None:
    written(tmp_path / "quiet.wav", [np.zeros(16000, np.int16)])
    done = tones("learn", "quiet.wav", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "quiet.wav: no tones found\n")
    assert json.loads(tones("learn", "quiet.wav", "--json", cwd=tmp_path).stdout) == []


@pytest.mark.parametrize(
    ("length", "rest", "message"),
    [
        (0, b"", "the file is empty"),
        (20, b"", "the file ends before its audio begins"),
        (40, bytes(4), "there are no samples in it"),
        (0, b"Hello, this is not audio at all.", "not audio that can be read here"),
    ],
)
def test_bad_files(tmp_path: Path, length: int, rest: bytes, message: str) -> None:
    good = written(tmp_path / "good.wav", [tone_samples(country("CN").busy, 1.0)]).read_bytes()
    bad = tmp_path / "bad.wav"
    bad.write_bytes(good[:length] + rest)
    with pytest.raises(MediaFormatError) as refused:
        list(SoundFile(bad).blocks())
    assert str(refused.value) == f"{bad}: {message}"


@pytest.mark.parametrize("announced", [None, 0x7FFFF000, 0xFFFFFFFF])
def test_what_is_there_of_a_cut_file_is_read(tmp_path: Path, announced: int | None) -> None:
    busy = tone_samples(country("CN").busy, 4.0)
    whole = written(tmp_path / "whole.wav", [busy]).read_bytes()
    at = whole.index(b"data") + 4
    size = whole[at : at + 4] if announced is None else announced.to_bytes(4, "little")
    (tmp_path / "cut.wav").write_bytes(whole[:at] + size + whole[at + 4 : at + 4 + 2 * 24000])
    with SoundFile(tmp_path / "cut.wav") as file:
        assert np.array_equal(np.hstack(list(file.blocks()))[0], busy[:24000])
    done = tones("learn", "cut.wav", cwd=tmp_path)
    assert done.returncode == 0
    assert "0.35-0.35" in done.stdout
    assert done.stderr == (
        "boardcore: cut.wav: cut off: its header announces more than there is, 3.00 s, which is read\n"
    )


def test_learn_refuses_bad_files_in_one_line(tmp_path: Path) -> None:
    done = tones("learn", "none.wav", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "boardcore: none.wav: No such file or directory\n"


def test_learn_refuses_samples_that_are_not_numbers(tmp_path: Path) -> None:
    sound = np.zeros(8000, np.float32)
    sound[4000] = np.nan
    soundfile.write(str(tmp_path / "nan.wav"), sound, 8000, subtype="FLOAT")
    with SoundFile(tmp_path / "nan.wav") as file, pytest.raises(MediaFormatError, match=r"at 0\.500 s is not a number"):
        list(file.blocks())


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("list", "CM"), "no profile of country 'CM'; did you mean 'CN'?"),
        (("play", "CN", "bussy", "--out", "x.wav"), "CN has no tone 'bussy'; did you mean 'busy'?"),
        (("play", "CN", "busy", "--out", "x.wav", "--duration", "0"), "0"),
        (("play", "CN", "busy", "--out", "x.wav", "--duration", "nan"), "duration"),
        (("play", "CN", "busy", "--out", "none/x.wav"), "No such file or directory"),
    ],
)
def test_a_mistake_is_one_line_and_code_2(tmp_path: Path, args: tuple[str, ...], message: str) -> None:
    done = tones(*args, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.startswith("boardcore: ")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())
