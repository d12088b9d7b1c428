"""A voice resource: it plays, records what it listens to, and detects digits, sound and tones in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from boardcore._native import lib
from boardcore.media.engine import Engine, EngineEvent
from boardcore.media.port import EngineBus, EngineMedia
from boardcore.media.tones import engine_tones
from boardcore.ports import PortEvent
from boardcore.tones import Country
from boardcore_simulators.server._bodies import ToneWatch
from boardcore_simulators.server._digits import DigitBuffer
from boardcore_simulators.server._jobs import Job
from boardcore_simulators.server._rules import Flag, Rules
from boardcore_simulators.server._wire import Event

__all__ = ["Tell", "Voice"]

Tell = Callable[[Event, int, int, int, str], None]  # event, tick, a, b, text
MAX_TEMPLATES = 64


class Voice:
    """The firmware of one voice resource.

    Args:
        tell: what happens is told to it.
        country: whose tones it can be told to watch for.
    """

    def __init__(self, engine: Engine, tell: Tell, country: Country) -> None:
        self.engine = engine
        self.port = engine.open_tap()
        self.media = EngineMedia(self.port, EngineBus.of(engine), self._unused)
        self.sound = False
        self.job: Job | None = None
        self._tell = tell
        self._tasks: set[asyncio.Task[Any]] = set()
        self.digits = DigitBuffer(self.media, self._spawn)
        self._tones = engine_tones(engine, country)
        self.port.hear_tones(self._tones.number)
        self._templates: dict[int, frozenset[int]] = {}  # the sounds that each takes
        self._hears = False  # what it listens to can be other than silent
        self.port.handler = self._handle

    def _unused(self, event: PortEvent) -> None:
        """Events are taken as the engine tells them."""

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = self.engine.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # -- jobs -------------------------------------------------------------------------------------------------
    def start(self, job: Job) -> None:
        """Begin a job; there must be none."""
        assert self.job is None  # the caller has looked
        self.job = job
        self._detect()
        job.accepted()
        self._spawn(job.run())

    def job_over(self, job: Job) -> None:
        """Its end is about to be told."""
        self.job = None
        self._detect()

    async def settled(self) -> None:
        """Wait until nothing of what was begun is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    # -- what it detects ----------------------------------------------------------------------------------------
    def hears(self, something: bool) -> None:
        """Say whether what it listens to can be other than silent: detectors cost something, with many channels."""
        self._hears = something
        self._detect()

    def _detect(self) -> None:
        needed = self._hears or self.job is not None  # a job's rules may be about silence
        if not needed and self.sound:
            self._sounded(self.engine.tick, False)
        what = lib.BC_DETECT_DTMF | lib.BC_DETECT_SOUND if needed else 0
        sounds = lib.BC_DETECT_TONES | lib.BC_DETECT_TONE_SOUNDS if self._templates else 0
        self.port.detect(what | sounds)

    def watch_tone(self, watch: ToneWatch) -> None:
        """Switch a template on or off.

        Raises:
            NotImplementedError: it is no tone of the country's.
            ValueError: there are too many.
        """
        sounds = frozenset(i for i, freqs in enumerate(self._tones.sounds) if watch.takes(freqs))
        if not watch.on:
            self._templates.pop(watch.template, None)
        elif not sounds:
            known = ", ".join("+".join(f"{freq:g}" for freq in freqs) for freqs in self._tones.sounds)
            raise NotImplementedError(f"a template of {watch.f1_hz} and {watch.f2_hz} Hz came, there are {known} Hz")
        elif len(self._templates) >= MAX_TEMPLATES:
            raise ValueError(f"{MAX_TEMPLATES} templates are watched already")
        else:
            self._templates[watch.template] = sounds
        self._detect()

    def unwatch_tones(self) -> None:
        self._templates.clear()
        self._detect()

    def check(self, rules: Rules) -> None:
        """Raises ValueError: the rules wait for a tone that is not watched."""
        if rules.flags & Flag.TONE and rules.tone not in self._templates:
            raise ValueError(f"template {rules.tone} came, which is not watched")

    def _handle(self, event: EngineEvent) -> None:
        tick, kind, a, _, x = event[:5]
        if kind == lib.BC_EV_DIGIT:
            self._digit(tick, chr(a), x)
        elif kind == lib.BC_EV_SOUND:
            self._sounded(tick, bool(a))
        elif kind == lib.BC_EV_TONE_SOUND:
            self._toned(tick, bool(a), event.b)

    def _digit(self, tick: int, digit: str, level_dbm0: float) -> None:
        self.digits.came(tick)
        self._tell(Event.DIGIT, tick, ord(digit), round(level_dbm0 * 10), "")
        if self.job is not None:
            self.job.saw_digit(digit)

    def _sounded(self, tick: int, on: bool) -> None:
        self.sound = on
        self._tell(Event.SOUND, tick, int(on), 0, "")
        if self.job is not None:
            self.job.saw_sound(on, self.engine.time_of(tick))

    def _toned(self, tick: int, on: bool, sound: int) -> None:
        for template in sorted(template for template, sounds in self._templates.items() if sound in sounds):
            self._tell(Event.TONE, tick, int(on), template, "")
            if on and self.job is not None:
                self.job.saw_tone(template)

    # -- the end ------------------------------------------------------------------------------------------------
    async def release(self) -> None:
        """As new: nobody has it any more."""
        if self.job is not None:
            self.job.abandon()
        await self.settled()
        self.unwatch_tones()
        await self.digits.clear()

    async def close(self) -> None:
        await self.release()
        self.port.handler = None
        await self.port.close()
