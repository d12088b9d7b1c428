"""The command: what it prints, how it fails."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


def boardcore(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from boardcore.cli import main; main()", *args]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)


def test_list_shows_the_simulator(tmp_path: Path) -> None:
    rows = json.loads(boardcore("list", "--json", cwd=tmp_path).stdout)
    assert {"driver": "sim", "address": "sim:analog?lines=4"}.items() <= rows[0].items()
    assert "sim:analog" in boardcore("list", cwd=tmp_path).stdout


def test_bench_measures(tmp_path: Path) -> None:
    done = boardcore("bench", "--channels", "16", "--seconds", "1", "--json", cwd=tmp_path)
    rows = json.loads(done.stdout)
    assert rows[0]["isa"] == "scalar"
    assert all(row["ns"] > 1 and row["channels"] == 16 for row in rows)


@pytest.mark.parametrize(
    ("args", "wanted"),
    [
        (["lsit"], "lsit"),
        (["demo", "--nonsense"], "--nonsense"),
        (["demo", "--fast", "--language", "fr"], "'fr'"),
        (["demo", "--fast", "--out", "a-file"], "a-file"),
        (["demo", "--seed", "-1"], "--seed"),
        (["bench", "--channels", "1"], "--channels"),
    ],
)
def test_errors_are_one_line_and_exit_code_2(tmp_path: Path, args: list[str], wanted: str) -> None:
    (tmp_path / "a-file").write_text("")
    done = boardcore(*args, cwd=tmp_path)
    assert done.returncode == 2
    assert wanted in done.stderr
    assert done.stderr.startswith("boardcore: ")
    assert done.stderr.count("\n") == 1


def test_help_and_version(tmp_path: Path) -> None:
    shown = boardcore("--help", cwd=tmp_path).stdout
    assert all(word in shown for word in ("demo", "list", "bench"))
    assert boardcore("--version", cwd=tmp_path).stdout.startswith("boardcore 0.")
