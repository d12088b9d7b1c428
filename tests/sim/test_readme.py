"""The code of the README and of the guides runs as printed."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from boardcore.testing import VirtualClock

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(), re.S)


def test_application_runs(tmp_path: Path) -> None:
    script = tmp_path / "app.py"
    script.write_text(BLOCKS[0])
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"an account number of 5 digits, a message of [12]\.\d s\n", done.stdout)
    assert done.stderr == ""
    assert (tmp_path / "message.wav").stat().st_size > 8000


def test_application_runs_in_virtual_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, run = BLOCKS[0].rstrip().rsplit("\n", 1)
    assert run == "asyncio.run(main())"
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)
    VirtualClock().run(names["main"]())
    assert capsys.readouterr().out == "an account number of 5 digits, a message of 1.9 s\n"


def test_application_is_twenty_lines() -> None:
    lines = [line for line in BLOCKS[0].splitlines() if line and not re.match("import|from", line)]
    assert len(lines) == 20


def test_test_runs(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(BLOCKS[1])
    pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_dialogic_test_runs(tmp_path: Path) -> None:
    block = re.findall(r"```python\n(.*?)```", (README.parent / "docs" / "dialogic.md").read_text(), re.S)[0]
    script = tmp_path / "app.py"
    script.write_text(block)
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
