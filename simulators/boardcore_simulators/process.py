"""The simulator server as a process of its own, for tests and demonstrations."""

from __future__ import annotations

import contextlib
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

__all__ = ["SimulatorFailed", "SimulatorProcess"]

_COMMAND = (sys.executable, "-c", "from boardcore.cli import main; main()", "sim")
END_S = 10.0


class SimulatorFailed(RuntimeError):
    """The server did not come up, or ended by itself: what it said."""


class SimulatorProcess:
    """`boardcore sim --serve SOCKET`, from `start` to `stop`, or in a `with`.

    Example:
        with SimulatorProcess(lines=4, pace=4) as simulator:
            os.environ["BOARDCORE_SIM_SOCKET"] = str(simulator.path)
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        lines: int = 4,
        spares: int | None = None,
        pace: float = 1.0,
        options: Sequence[str] = (),
        ready_s: float = 30.0,
    ) -> None:
        """Name a server; it is not started yet.

        Args:
            path: Of its socket; without it in a temporary folder that `stop` takes away.
            lines, spares, pace: As the command's options.
            options: More of them, as arguments.
            ready_s: How long it may take to be ready.
        """
        self._folder = None if path else tempfile.TemporaryDirectory(prefix="boardcore-sim-")
        self.path = path or Path(self._folder.name if self._folder else "") / "sim.sock"
        self._arguments = [
            "--serve", str(self.path), "--lines", str(lines), "--pace", str(pace),
            *(() if spares is None else ("--spares", str(spares))), *options,
        ]  # fmt: skip
        self._ready_s = ready_s
        self._process: subprocess.Popen[str] | None = None
        self._errors: IO[str] | None = None
        self._said = ""
        self.ready_line = ""

    @property
    def pid(self) -> int | None:
        """Of the process that runs now."""
        return self._process.pid if self._process else None

    def errors(self) -> str:
        """What it has written to its standard error since it was last started."""
        if self._errors is None:
            return self._said
        with open(self._errors.name, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            return file.read()

    def start(self) -> None:
        """Run it; returns when clients can connect.

        Raises:
            SimulatorFailed: it ended, or was not ready in time; the text is what it said.
        """
        if self._process is not None:
            raise ValueError("the simulator runs already")
        self._errors = tempfile.NamedTemporaryFile("w+", prefix="boardcore-sim-", suffix=".err")  # noqa: SIM115
        self._process = subprocess.Popen(
            [*_COMMAND, *self._arguments], stdout=subprocess.PIPE, stderr=self._errors, text=True
        )
        try:
            self.ready_line = self._first_line(self._process)
        except BaseException:
            self.kill()
            raise

    def _first_line(self, process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None  # a pipe was asked for
        deadline_s = time.monotonic() + self._ready_s
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while not selector.select(max(0.0, deadline_s - time.monotonic())):
                if time.monotonic() >= deadline_s:
                    raise SimulatorFailed(f"the simulator was not ready within {self._ready_s} s: {self.errors()}")
        line = process.stdout.readline()
        if not line.startswith("serving "):
            process.wait(END_S)
            raise SimulatorFailed(f"the simulator did not come up: {(line + self.errors()).strip()}")
        return line.strip()

    def signal(self, number: int) -> None:
        """Send it a signal."""
        if self._process is None:
            raise ValueError("the simulator does not run")
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once, as a crash would; harmless when it has ended."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Run it anew at the same socket."""
        self._end(signal.SIGTERM)
        self.start()

    def stop(self) -> int | None:
        """End it in order, and take its temporary folder away; returns its exit code."""
        code = self._end(signal.SIGTERM)
        if self._folder is not None:
            self._folder.cleanup()
        return code

    def _end(self, number: int) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        try:
            process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(END_S)
            process.kill()
            return process.wait()
        finally:
            if process.stdout is not None:
                process.stdout.close()
            self._said = self.errors()
            if self._errors is not None:
                self._errors.close()
                self._errors = None

    def __enter__(self) -> SimulatorProcess:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
