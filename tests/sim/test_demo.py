"""The demo in virtual time: what it leaves behind, and that it is the same every time."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile  # type: ignore[import-untyped,unused-ignore]  # pyright: ignore[reportMissingTypeStubs]

from boardcore.cli._demo_people import ACCOUNT, voice
from boardcore.testing._hearing import find, read_wav


def demo(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from boardcore.cli import main; main()", "demo", "--fast", *args]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("demo")
    done = demo(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return folder / "demo-out", done.stdout


def test_verdict_is_good(ran: tuple[Path, str]) -> None:
    assert "9 of 9 checks good" in ran[1]
    assert "FAILED" not in ran[1]


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
    assert operations == ["play", "play", "get_digits", "play", "play", "tone", "record", "play"]
    for call in calls:
        ticks = [event["tick"] for event in call["events"]]
        assert ticks == sorted(ticks)
        assert call["finished_utc"] > call["answered_utc"] >= call["offered_utc"]


def test_account_number_is_nowhere(ran: tuple[Path, str]) -> None:
    folder, printed = ran
    assert ACCOUNT[:4] not in printed
    written = (folder / "call.json").read_text()
    assert ACCOUNT[:4] not in written
    assert "digit_" not in written  # what is read back tells it, too


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
    assert "9 of 9" in other.stdout
