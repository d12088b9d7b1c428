"""The command: what it prints, how it fails."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from boardcore import dsp
from boardcore.cli import main

COMMAND = (sys.executable, "-c", "from boardcore.cli import main; main()")


def boardcore(*args: str, cwd: Path, plugins: Path | None = None) -> subprocess.CompletedProcess[str]:
    env = os.environ | ({"PYTHONPATH": str(plugins)} if plugins else {})
    return subprocess.run([*COMMAND, *args], cwd=cwd, env=env, capture_output=True, text=True, timeout=120)


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    """A folder with an installed distribution: good and bad drivers and subcommands."""
    info = tmp_path / "plugins" / "things-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: things\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[boardcore.drivers]\ngone = no_such_module:Driver\nsulky = things:Sulky\n"
        "[boardcore.commands]\nmissing = no_such_module:app\nthing = things:hello\nthings = things:app\n"
    )
    (info.parent / "things.py").write_text(
        "import typer\n"
        "app = typer.Typer()\n"
        "@app.command()\n"
        "def hello(): print('hello from a plug-in')\n"
        "@app.callback()\n"
        "def things(): pass\n"
        "class Sulky:\n"
        "    contract_version = 1\n"
        "    async def enumerate(self): raise OSError('the device does not answer')\n"
    )
    return info.parent


def test_list_shows_the_simulator(tmp_path: Path) -> None:
    rows = json.loads(boardcore("list", "--json", cwd=tmp_path).stdout)
    assert {"driver": "sim", "address": "sim:analog?lines=4"}.items() <= rows[0].items()
    assert "sim:analog" in boardcore("list", cwd=tmp_path).stdout


def test_list_shows_what_is_wrong_with_a_driver(tmp_path: Path, plugins: Path) -> None:
    done = boardcore("list", "--json", cwd=tmp_path, plugins=plugins)
    assert done.returncode == 0
    errors = {row["driver"]: row["error"] for row in json.loads(done.stdout)}
    assert errors["sim"] is None
    assert "no_such_module" in errors["gone"]
    assert errors["sulky"] == "the device does not answer"
    assert "not usable" in boardcore("list", cwd=tmp_path, plugins=plugins).stdout


def test_plugins_add_subcommands(tmp_path: Path, plugins: Path) -> None:
    for words in (["thing"], ["things", "hello"]):
        done = boardcore(*words, cwd=tmp_path, plugins=plugins)
        assert (done.returncode, done.stdout) == (0, "hello from a plug-in\n")
        assert done.stderr.startswith("boardcore: subcommand 'missing' cannot be loaded: ")
        assert done.stderr.count("\n") == 1


def test_bench_measures(tmp_path: Path) -> None:
    done = boardcore("bench", "--channels", "16", "--seconds", "1", "--json", cwd=tmp_path)
    rows = json.loads(done.stdout)
    assert tuple(row["isa"] for row in rows) == dsp.available_isas()
    assert all(row["ns"] > 1 and row["channels"] == 16 for row in rows)
    assert all(row["dtmf_channels_per_core"] > 100 for row in rows)


@pytest.mark.parametrize(
    ("args", "wanted"),
    [
        (["lsit"], "lsit"),
        (["demo", "--nonsense"], "--nonsense"),
        (["demo", "--fast", "--language", "fr"], "'fr'"),
        (["demo", "--fast", "--out", "a-file"], "'a-file'"),
        (["demo", "--fast", "--out", "a-file/inside"], "Not a directory"),
        (["demo", "--fast", "--out", "/proc/nothing"], "'/proc/nothing'"),
        (["demo", "--fast", "--out", "taken"], "'taken/message.wav'"),
        (["demo", "--seed", "-1"], "--seed"),
        (["bench", "--channels", "1"], "--channels"),
    ],
)
def test_errors_are_one_line_and_exit_code_2(tmp_path: Path, args: list[str], wanted: str) -> None:
    (tmp_path / "a-file").write_text("")
    (tmp_path / "taken" / "message.wav").mkdir(parents=True)
    done = boardcore(*args, cwd=tmp_path)
    assert done.returncode == 2
    assert wanted in done.stderr
    assert done.stderr.startswith("boardcore: ")
    assert done.stderr.count("\n") == 1


def test_help_and_version(tmp_path: Path) -> None:
    shown = boardcore("--help", cwd=tmp_path).stdout
    assert all(word in shown for word in ("demo", "list", "bench"))
    assert boardcore("--version", cwd=tmp_path).stdout.startswith("boardcore 0.")


def test_no_subcommand_shows_the_help(tmp_path: Path) -> None:
    done = boardcore(cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "")
    assert "Usage" in done.stdout


@pytest.mark.parametrize("code", [0, 1])
def test_exit_code_is_the_demos(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def run_demo(**options: object) -> int:
        return code

    monkeypatch.setattr("boardcore.cli._demo.run_demo", run_demo)
    monkeypatch.setattr(sys, "argv", ["boardcore", "demo"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == code


def test_interrupt_is_one_line_and_exit_code_130(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "demo"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as running:  # fmt: skip
        assert running.stdout is not None
        running.stdout.readline()  # its title
        assert "menu answers" in running.stdout.readline()  # in the middle of it
        running.send_signal(signal.SIGINT)
        _, complaint = running.communicate(timeout=30)
    assert running.returncode == 130
    assert complaint == "boardcore: interrupted\n"
