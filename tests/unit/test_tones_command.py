"""`boardcore tones`: what it prints and writes, how it fails."""

import json
import os
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from boardcore.tones import COUNTRIES, country, tone_samples

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
