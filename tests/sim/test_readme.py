"""The README's code runs as printed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(), re.S)


def test_application_runs(tmp_path: Path) -> None:
    script = tmp_path / "app.py"
    script.write_text(BLOCKS[0])
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "an account number of 5 digits" in done.stdout
    assert re.search(r"a message of [12]\.\d s", done.stdout)
    assert done.stderr == ""
    assert (tmp_path / "message.wav").stat().st_size > 8000


def test_test_runs(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(BLOCKS[1])
    pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider").assert_outcomes(passed=1)
