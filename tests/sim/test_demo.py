"""The demo in virtual time: what it leaves behind, and that it is the same every time."""

import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped,unused-ignore]  # pyright: ignore[reportMissingTypeStubs]
from rich.console import Console

from boardcore import Encoding, dsp
from boardcore.cli._demo import Demo
from boardcore.cli._demo_chart import chart_of, without_keys
from boardcore.cli._demo_people import ACCOUNT, voice
from boardcore.cli._demo_verdict import Recorded, judge
from boardcore.testing import VirtualClock
from boardcore.testing._hearing import digits_in, find, read_wav, write_wav

RUN = "from boardcore.cli import main; main()"


def demo(folder: Path, *args: str, run: str = RUN) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", run, "demo", "--fast", *args]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("demo")
    done = demo(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return folder / "demo-out", done.stdout


def test_verdict_is_good(ran: tuple[Path, str]) -> None:
    assert "10 of 10 checks good" in ran[1]
    assert "FAILED" not in ran[1]


def test_verdict_is_good_in_mandarin(tmp_path: Path) -> None:
    assert "10 of 10 checks good" in demo(tmp_path, "--language", "zh").stdout


def test_files(ran: tuple[Path, str]) -> None:
    folder, _ = ran
    assert soundfile.info(str(folder / "message.wav")).samplerate == 8000
    assert find(voice("caller_message", "en"), read_wav(folder / "message.wav").samples) is not None
    assert (folder / "timeline.png").read_bytes().startswith(b"\x89PNG")
    calls = json.loads((folder / "call.json").read_text())
    assert [(c["caller"], c["called"], c["cause"]) for c in calls] == [
        ("2001", "1001", "NORMAL"),
        (calls[1]["caller"], "3001", "NORMAL"),
        (calls[2]["caller"], "3002", "NORMAL"),
    ]
    operations = [e["operation"] for e in calls[0]["events"] if e["event"] == "OperationEnded"]
    assert operations == ["play", "get_digits", "play", "play", "tone", "record", "play"]
    for call in calls:
        ticks = [event["tick"] for event in call["events"]]
        assert ticks == sorted(ticks)
        assert call["finished_utc"] > call["answered_utc"] >= call["offered_utc"]


def test_account_number_is_nowhere(tmp_path: Path) -> None:
    done = demo(tmp_path, run=f"import logging; logging.basicConfig(level=1); {RUN}")
    assert "DEBUG:boardcore" in done.stderr
    written = (tmp_path / "demo-out" / "call.json").read_text()
    for text in (done.stdout, done.stderr, written):
        assert ACCOUNT[:4] not in text
        assert ACCOUNT[-4:] not in text
        assert "digit_" not in text  # what is read back tells it, too
    assert digits_in(read_wav(tmp_path / "demo-out" / "message.wav").samples) == ""


def test_picture_does_not_show_the_account_number(tmp_path: Path) -> None:
    run = Demo(Console(file=io.StringIO()), "en", tmp_path)
    VirtualClock().run(run.run(seed=1))
    chart = chart_of(run.centre_calls, run.recorded.begun_s)
    heard = run.recorded.sounds["caller heard"]
    assert len(digits_in(heard.samples)) > len("1001" + ACCOUNT)  # the echo of one's own keys: that is why
    assert digits_in(without_keys(heard, chart).samples) == "1001#"  # what was dialled, and the message's end
    assert digits_in(run.recorded.sounds["from the caller"].samples) == "#"
    assert len(chart.digits_s) == len(ACCOUNT) + 2
    rows = {bar.row for bar in chart.bars}
    assert rows == {"menu plays", "menu records", "caller and agent bridged", "supervisor hears both"}


def test_without_matplotlib(tmp_path: Path) -> None:
    done = demo(tmp_path, run=f"import sys; sys.modules['matplotlib'] = None; {RUN}")
    assert (done.returncode, done.stderr) == (0, "")
    assert "no timeline.png: matplotlib is not installed (pip install 'boardcore[plot]')\n" in done.stdout
    assert sorted(p.name for p in (tmp_path / "demo-out").iterdir()) == ["call.json", "message.wav"]


def test_without_a_reader(tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-c", RUN, "demo", "--fast"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None and running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == ""
    assert running.returncode == 0
    assert (tmp_path / "demo-out" / "timeline.png").exists()


def test_a_check_can_fail(ran: tuple[Path, str], tmp_path: Path) -> None:
    silence = np.zeros(80_000, np.int16)
    everywhere = Recorded()
    for name in ("caller heard", "agent heard", "supervisor heard", "from the caller"):
        everywhere.keep(name, 0.0, silence)
    digits = dsp.dtmf_tones(ACCOUNT)
    everywhere.keep("agent heard", 0.0, np.concatenate([voice("hold", "en"), digits]))
    write_wav(tmp_path / "message.wav", digits, Encoding.PCM16)
    (tmp_path / "call.json").write_text(ACCOUNT)
    checks = judge(everywhere, tmp_path, "en")
    assert [check.what for check in checks if check.good] == []
    assert f"{len(checks)} of {len(checks)} checks good" in ran[1]


def test_same_seed_same_everything(ran: tuple[Path, str], tmp_path: Path) -> None:
    folder, printed = ran
    again = demo(tmp_path)
    other = demo(tmp_path, "--seed", "2", "--out", "other")

    def digest(path: Path) -> str:
        return hashlib.sha256(path.read_bytes()).hexdigest()

    assert again.stdout == printed
    for name in ("message.wav", "call.json"):
        assert digest(tmp_path / "demo-out" / name) == digest(folder / name)
    assert digest(tmp_path / "other" / "message.wav") != digest(folder / "message.wav")
    assert "10 of 10" in other.stdout
