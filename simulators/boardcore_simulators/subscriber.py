"""A telephone at the end of a simulated line, scripted in Python."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from boardcore._native import lib
from boardcore.media.engine import EngineEvent
from boardcore.media.port import EngineBus, EngineMedia, EngineStream
from boardcore.ports import (
    AudioSamples,
    DigitDetected,
    MediaJob,
    PlayResult,
    PlaySpec,
    PortEvent,
    SendDigitsResult,
    SendDigitsSpec,
)
from boardcore_simulators.pulses import dial_pulses

if TYPE_CHECKING:
    from boardcore_simulators.exchange import Exchange
    from boardcore_simulators.line import SimLine

__all__ = ["Subscriber"]

R = TypeVar("R", SendDigitsResult, PlayResult)
HAND_S = 0.3  # a hand is not faster, and an exchange takes a shorter opening for a flash
RATE_HZ = 8000
_TAKE_S = 20.0  # what is heard is fetched this often; the ring holds 30 s


class Subscriber:
    """A person with a telephone.

    Example:
        phone = board.exchange.subscriber("2001")
        await phone.dial("1001")          # lifts the handset, waits for dial tone
        await phone.wait_connected()
        await phone.press("123#")
        await phone.hang_up()
    """

    def __init__(self, exchange: Exchange, line: SimLine) -> None:
        self.exchange = exchange
        self.line = line
        self.number = line.number
        self.media = EngineMedia(line.station, EngineBus.of(line.engine), self._media_event)
        self.digits_heard = ""
        self.off_hook_now = False
        self._bits = 0
        self._down_until_s = 0.0
        self._changed = asyncio.Event()
        self._stream: EngineStream | None = None
        self._closing = False  # the stream before, and there is only one at a time
        self._again = False  # listen as soon as that is closed
        self._heard: list[npt.NDArray[np.int16]] = []
        self._heard_samples = 0
        self.keep_s: float | None = None  # how much is kept of what is heard; all
        self._timer: asyncio.TimerHandle | None = None
        line.station.handler = self._handle

    # -- the wires ------------------------------------------------------------------------------------------
    def _handle(self, event: EngineEvent) -> None:
        if event.kind == lib.BC_EV_LINE:
            self._bits = event.a
            self._changed.set()
        else:
            self.media.handle(event)

    def _media_event(self, event: PortEvent) -> None:
        if isinstance(event, DigitDetected) and event.digit:
            self.digits_heard += event.digit

    async def _until(self, bit: int, on: bool, timeout_s: float, what: str) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                while bool(self._bits & bit) is not on:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise TimeoutError(f"telephone {self.number}: {what} did not come within {timeout_s} s") from None

    # -- handset --------------------------------------------------------------------------------------------
    async def off_hook(self) -> None:
        """Lift the handset; not sooner after putting it down than an exchange can notice."""
        await asyncio.sleep(self._down_until_s - self.line.engine.loop.time())
        self.line.hook(True)
        self.off_hook_now = True
        self.media.detect(True)

    async def hang_up(self) -> None:
        """Put the handset down; harmless when it is. Whatever it was sending ends."""
        self.line.hook(False)
        if self.off_hook_now:
            self._down_until_s = self.line.engine.loop.time() + HAND_S
        self.off_hook_now = False
        self.media.detect(False)

    async def answer(self) -> None:
        """Lift the handset while it rings."""
        await self.off_hook()

    async def wait_ring(self, timeout_s: float = 30.0) -> None:
        """Wait until it rings. Raises TimeoutError."""
        await self._until(lib.BC_LINE_RINGING, True, timeout_s, "ringing")

    async def wait_connected(self, timeout_s: float = 60.0) -> None:
        """Wait until the call that it placed is answered (polarity reversal). Raises TimeoutError."""
        await self._until(lib.BC_LINE_REVERSED, True, timeout_s, "an answer")

    async def wait_cleared(self, timeout_s: float = 60.0) -> None:
        """Wait until the far end has hung up (loop current is taken away). Raises TimeoutError."""
        await self._until(lib.BC_LINE_FEED, False, timeout_s, "the far end's release")

    # -- sound ----------------------------------------------------------------------------------------------
    async def dial(self, number: str, *, pulse: bool = False) -> None:
        """Lift the handset, listen to dial tone for a moment, and press the number, or dial it by pulses.

        Raises:
            ValueError: the number is not one of the keys, or by pulses not of 0 to 9.
        """
        if not self.off_hook_now:
            await self.off_hook()
        await asyncio.sleep(0.5)
        if pulse:
            await dial_pulses(self.line, number, lambda: self.off_hook_now)
        else:
            await self.press(number)

    async def press(self, digits: str, on_ms: float = 80.0, off_ms: float = 80.0) -> SendDigitsResult:
        """Press keys; returns when they are sent."""
        return await self._do(await self.media.start(SendDigitsSpec(digits, on_ms=on_ms, off_ms=off_ms)))

    async def speak(self, samples: npt.NDArray[np.int16]) -> PlayResult:
        """Say something, int16 at 8 kHz; returns when it is said."""
        return await self._do(await self.media.start(PlaySpec(AudioSamples(samples))))

    async def _do(self, job: MediaJob[R]) -> R:
        try:
            return await job.result()
        except asyncio.CancelledError:
            job.stop()
            raise

    def listen(self) -> None:
        """Keep what is heard from now on; forgets what was heard before."""
        self.take_heard()
        self._again = self._closing
        if self._stream is None and not self._closing:
            self._stream = EngineStream(self.line.engine, self.line.station, 3000)
            self._schedule()

    def heard(self) -> npt.NDArray[np.int16]:
        """All that came since `listen`, int16 at 8 kHz."""
        self._take()
        return np.concatenate(self._heard) if self._heard else np.zeros(0, np.int16)

    def take_heard(self) -> npt.NDArray[np.int16]:
        """As `heard`, and forget it."""
        heard = self.heard()
        self._heard.clear()
        self._heard_samples = 0
        return heard

    def _take(self) -> None:
        if self._stream is not None:
            self._keep(self._stream)

    def _keep(self, stream: EngineStream) -> None:
        blocks = stream.read_now()
        if blocks.size:
            self._heard.append(blocks)
            self._heard_samples += blocks.size
        while self.keep_s is not None and self._heard_samples > self.keep_s * RATE_HZ and len(self._heard) > 1:
            self._heard_samples -= self._heard.pop(0).size

    def _schedule(self) -> None:
        self._take()
        self._timer = self.line.engine.loop.call_later(_TAKE_S, self._schedule)

    async def stop_listening(self) -> None:
        """Keep nothing more of what is heard; what was kept stays."""
        if self._timer is not None:
            self._timer.cancel()
        self._again = False
        stream, self._stream = self._stream, None
        if stream is None:
            return
        self._closing = True
        try:
            await stream.close()
        finally:
            self._closing = False
        if self._again:
            self.listen()
        else:
            self._keep(stream)

    async def close(self) -> None:
        """Take the telephone away."""
        await self.stop_listening()
        self.line.station.handler = None
