"""benchmarks/dtmf_map.py, the quick map: a PNG, the same as text, and errors that are one line."""

import subprocess
import sys
from pathlib import Path

MAP = Path(__file__).resolve().parents[2] / "benchmarks" / "dtmf_map.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(MAP), *arguments], capture_output=True, text=True, timeout=120)


def test_the_quick_map_is_drawn_and_told(tmp_path: Path) -> None:
    picture = tmp_path / "map.png"
    done = run("--quick", "--out", str(picture))
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 20_000
    text = done.stdout.split("boardcore: both tones off by x, twist\n")[1]
    centre = next(line for line in text.splitlines() if line.split()[0] == "-2.0")
    assert centre.split()[1] == "000###000"  # from -5 to 5 %, 1.25 % apart


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = run("--quick", "--out", str(tmp_path / "none" / "map.png"))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"dtmf_map: error: --out: there is no folder {tmp_path / 'none'}"
