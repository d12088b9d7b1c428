"""The server as a program: `boardcore sim`, its socket, its end. In real and paced time."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from board_client import board_client
from calls import sine

from boardcore.cli import main
from boardcore.errors import BoardLost
from boardcore.testing import PacedClock
from boardcore_simulators import RemoteExchange, SimulatorFailed, SimulatorProcess
from boardcore_simulators.server._rules import Rules
from boardcore_simulators.server._socket import SocketTaken, bind
from boardcore_simulators.server._wire import Event, Reason

COMMAND = (sys.executable, "-c", "from boardcore.cli import main; main()", "sim")
PACE = 5.0


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorProcess]:
    """One for all that leave it as it was."""
    with SimulatorProcess(pace=PACE) as running:
        yield running


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command here: its exit code, what it printed, what it complained of."""

    def do(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["boardcore", "sim", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return int(str(ended.value.code)), printed.out, printed.err

    return do


# ---- the command --------------------------------------------------------------------------------------------------
def test_it_says_what_it_serves(simulator: SimulatorProcess) -> None:
    assert simulator.ready_line == f"serving dxxxB1 (4 lines), dxxxB2 (8 resources) on {simulator.path}"


def test_without_spares(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with SimulatorProcess(path, lines=1, spares=0, options=["--first-number", "5000", "--law", "mu"]) as simulator:
        assert simulator.ready_line == f"serving dxxxB1 (1 lines) on {path}"


def test_only_its_user_may_connect(simulator: SimulatorProcess) -> None:
    mode = simulator.path.stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order(number: signal.Signals, tmp_path: Path) -> None:
    path = tmp_path / "s"
    simulator = SimulatorProcess(path, lines=1)
    simulator.start()
    assert simulator.pid is not None
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        os.kill(simulator.pid, number)
        assert client.recv(1) == b""
    assert simulator.stop() == 0
    assert not path.exists()
    assert simulator.errors() == ""


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--lines", "0"], "lines must be 1 to 2000, not 0"),
        (["--spares", "-1"], "spares must be 0 to 8000, not -1"),
        (["--first-number", "99"], "first_number must be 4 digits, not '99'"),
        (["--first-number", "8999"], "run into the test numbers"),
        (["--pace", "0"], "pace must be 0.1 to 100, not 0.0"),
        (["--pace", "nan"], "pace must be 0.1 to 100, not nan"),
        (["--law", "x"], "law must be 'a', 'mu' or 'none', not 'x'"),
        (["--noise-dbm0", "5"], "noise_dbm0 must be -200 to -10, not 5.0"),
        (["--seed", "-1"], "Invalid value for '--seed'"),
        (["--country", "Atlantis"], "no profile of country 'Atlantis'"),
        (["--clearing", "never"], "clearing must be loop or tone, not 'never'"),
    ],
)
def test_wrong_options(arguments: list[str], text: str, tmp_path: Path, run: Run) -> None:
    code, _, complaint = run("--serve", str(tmp_path / "s"), *arguments)
    assert code == 2
    assert text in complaint
    assert complaint.count("\n") == 1
    assert not (tmp_path / "s").exists()


def test_it_must_be_told_where(run: Run) -> None:
    code, _, complaint = run()
    assert (code, complaint.count("\n")) == (2, 1)
    assert "--serve" in complaint


@pytest.mark.parametrize("path", ["no/such/folder/s", "x" * 200])
def test_where_no_socket_can_be(path: str, tmp_path: Path, run: Run) -> None:
    code, printed, complaint = run("--serve", str(tmp_path / path))
    assert (code, printed, complaint.count("\n")) == (2, "", 1)


def test_a_live_servers_socket_is_left_alone(simulator: SimulatorProcess) -> None:
    done = subprocess.run([*COMMAND, "--serve", simulator.path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "another server answers there" in done.stderr
    assert done.stderr.count("\n") == 1
    asyncio.run(_info(simulator))


async def _info(simulator: SimulatorProcess) -> None:
    async with RemoteExchange.connect(simulator.path) as exchange:
        assert (await exchange.info())["pace"] == PACE


# ---- the socket ---------------------------------------------------------------------------------------------------
def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("data")
    with pytest.raises(SocketTaken, match="it is there and is no socket"):
        bind(path)
    assert path.read_text() == "data"


def test_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s"
    bind(path).close()
    assert path.exists()
    with bind(path) as again, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        assert again.fileno() >= 0


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SocketTaken):
        bind(tmp_path / "link")


# ---- SimulatorProcess ---------------------------------------------------------------------------------------------
def test_a_killed_server_is_started_again(tmp_path: Path) -> None:
    with SimulatorProcess(lines=1) as simulator:
        folder = simulator.path.parent
        asyncio.run(_watch_it_die(simulator))
        simulator.start()
        first = simulator.pid
        simulator.restart()
        assert simulator.pid != first
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(simulator.path))
    assert not folder.exists()


async def _watch_it_die(simulator: SimulatorProcess) -> None:
    async with RemoteExchange.connect(simulator.path) as exchange, board_client(simulator.path) as client:
        waiting = asyncio.create_task(exchange.subscriber("2001").wait_ring(60))
        device = await client.open("dxxxB1C1")
        device.play()
        simulator.kill()
        with pytest.raises(BoardLost):
            await waiting
        await client.gone.wait()


def test_a_server_that_does_not_come_up(tmp_path: Path) -> None:
    simulator = SimulatorProcess(tmp_path / "s", lines=9999)
    with pytest.raises(SimulatorFailed, match="lines must be 1 to 2000, not 9999"):
        simulator.start()
    assert simulator.pid is None
    assert simulator.stop() is None


def test_one_at_a_time(simulator: SimulatorProcess) -> None:
    with pytest.raises(ValueError, match="runs already"):
        simulator.start()


# ---- over the process boundary, in paced time ---------------------------------------------------------------------
async def a_call(simulator: SimulatorProcess) -> None:
    loop = asyncio.get_running_loop()
    async with RemoteExchange.connect(simulator.path) as exchange, board_client(simulator.path) as client:
        device = await client.open("dxxxB1C1")
        phone = exchange.subscriber("2001")
        await phone.dial("1001")
        await device.wait(Event.RING)
        await device.hook(True)
        await phone.wait_connected(5.0)
        phone.listen()
        began_s = loop.time()
        ended = await device.played(sine(2.0))
        assert (ended.reasons, ended.transferred) == (Reason.DATA, 32000)
        assert loop.time() - began_s == pytest.approx(2.0, abs=0.5)
        assert np.abs(await phone.fetch_heard()).max() > 7000
        job = device.record(Rules(digit_mask=1 << 11))
        await phone.speak(sine(1.0))
        await phone.press("#")
        ended = await job.end()
        assert (ended.reasons, ended.digits) == (Reason.DIGIT, "#")
        assert len(job.data) >= 16000
        await phone.hang_up()
        await device.wait(Event.LOOP, a=0)
        await device.hook(False)


def test_a_call(simulator: SimulatorProcess) -> None:
    began_s = time.monotonic()
    PacedClock(PACE).run(a_call(simulator))
    assert time.monotonic() - began_s < 5.0


async def many_calls(simulator: SimulatorProcess) -> None:
    async with RemoteExchange.connect(simulator.path) as exchange, board_client(simulator.path) as client:

        async def one(number: int) -> None:
            device = await client.open(f"dxxxB1C{number}")
            phone = exchange.subscriber(f"200{number}")
            await phone.dial(f"100{number}")
            await device.wait(Event.RING)
            await device.hook(True)
            await phone.wait_connected(10.0)
            for digits in ("159", "*0#"):
                _, ended = await asyncio.gather(phone.press(digits), device.collect(Rules(max_digits=3)).end())
                assert ended.digits == digits
            await device.hook(False)

        await asyncio.gather(*(one(number) for number in range(1, 5)))


def test_calls_at_once(simulator: SimulatorProcess) -> None:
    PacedClock(PACE).run(many_calls(simulator))
