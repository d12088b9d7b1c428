"""The driver contract, version 1: what a board family implements. Everything runs on the event loop.

A driver is found by its entry point in the group `boardcore.drivers`, named by the scheme of its addresses. It opens
boards; a board has channels; a channel has a line and media. Nothing here blocks: a vendor's library that blocks, polls
or calls back is wrapped by the driver in one owning thread, and its errors become `boardcore.errors` with
`.vendor_code`. Events are posted to the context as they happen, in order, on the loop's thread.

What the contract asks of every implementation, and the conformance kit checks:
- a job ends with exactly one result, also when the call, the channel or the board ends (`EndReason.HANGUP`);
- `stop()` never blocks and never raises; stopping what has ended does nothing;
- cancelling `result()` leaves the job running; a result can be asked for again;
- a job that cannot begin raises and leaves nothing behind;
- when a record's result is there, its file is whole and closed;
- digits under `secret` are not in any event, and only the collecting job is given them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from boardcore.errors import Cause
from boardcore.ports.capabilities import Capability
from boardcore.ports.events import PortEvent
from boardcore.ports.jobs import EndReason, JobResult, JobSpec

if TYPE_CHECKING:
    from boardcore.tones import Country

__all__ = [
    "CONTRACT_VERSION",
    "BoardInfo",
    "BoardPort",
    "Bus",
    "ChannelPort",
    "ConferencePort",
    "Driver",
    "DriverContext",
    "LinePort",
    "MediaJob",
    "MediaPort",
    "MediaStream",
]

CONTRACT_VERSION = 1
ResultT_co = TypeVar("ResultT_co", bound=JobResult, covariant=True)
ResultT = TypeVar("ResultT", bound=JobResult)


class MediaJob(Protocol[ResultT_co]):
    """A job under way."""

    def stop(self, reason: EndReason = EndReason.STOPPED) -> None:
        """Ask it to end, with STOPPED or HANGUP; the result follows."""
        ...

    async def result(self) -> ResultT_co:
        """Wait for the end. Cancelling the wait does not stop the job."""
        ...


class MediaStream(Protocol):
    """Live audio: int16, mono, 8 kHz, in blocks of 80 samples."""

    async def read(self) -> npt.NDArray[np.int16] | None:
        """All blocks that are there, at least one; None when the stream has ended."""
        ...

    async def write(self, samples: npt.NDArray[np.int16]) -> None:
        """Queue samples, a whole number of blocks; waits for room."""
        ...

    @property
    def dropped_blocks(self) -> int:
        """Blocks from the line that were lost because nobody read them in time."""
        ...

    async def close(self) -> None: ...


class Bus(Protocol):
    """What joins media ports: two that have the same bus object can be connected by it."""

    async def connect(self, a: MediaPort, b: MediaPort) -> None:
        """Let each hear the other."""
        ...

    async def disconnect(self, a: MediaPort, b: MediaPort) -> None: ...

    async def open_conference(self) -> ConferencePort: ...


class ConferencePort(Protocol):
    """A room on a bus: each member hears the others."""

    async def add(self, port: MediaPort, *, gain_db: float = 0.0, listen_only: bool = False, deaf: bool = False) -> int:
        """Join; returns the member's number. `deaf`: it is heard but keeps hearing what it heard before."""
        ...

    async def change(self, member: int, *, gain_db: float, listen_only: bool) -> None: ...

    async def remove(self, member: int) -> None: ...

    async def close(self) -> None: ...


class LinePort(Protocol):
    """Signalling of one channel."""

    @property
    def number(self) -> str | None:
        """The line's own directory number, where it is known."""
        ...

    async def off_hook(self) -> None:
        """Answer or seize: returns when the loop is closed."""
        ...

    async def on_hook(self) -> None:
        """Release: returns when the loop is open. Harmless when it is."""
        ...

    async def dial(self, digits: str) -> None:
        """Send address digits on a seized line; returns when they are sent."""
        ...

    async def reject(self, cause: Cause) -> None:
        """Refuse a ringing call without answering it. Needs `Capability.REJECT`."""
        ...

    def watch_tones(self, on: bool) -> None:
        """Post what call-progress tones are heard from now on, or no longer, from a clean state: `ToneHeard` with
        `Capability.TONES`, else `ProgressTone`. What is listened to is the line alone, not what this board sends."""
        ...


class MediaPort(Protocol):
    """Audio of one channel. At once: one job that sends (play, digits, tone), one recording, one collecting."""

    @property
    def bus(self) -> Bus: ...

    async def start(self, spec: JobSpec[ResultT]) -> MediaJob[ResultT]:
        """Begin a job. Raises MediaBusy, MediaFileError, MediaFormatError, UnsupportedOperation, BoardLost."""
        ...

    def detect(self, on: bool) -> None:
        """Detect digits and sound from now on (a call is up), or no longer; off forgets what was typed ahead."""
        ...

    def set_secret(self, on: bool) -> None: ...

    def mute_digits(self, on: bool) -> None:
        """Silence digits to others on the bus, and in recordings and streams, from now on or no longer; they are told
        and counted as ever. Needs `Capability.MUTE_DIGITS`."""
        ...

    def clear_digits(self) -> None: ...

    async def open_stream(self, depth_s: float = 2.0) -> MediaStream: ...


class ChannelPort(Protocol):
    """One channel of a board."""

    @property
    def name(self) -> str: ...
    @property
    def line(self) -> LinePort: ...
    @property
    def media(self) -> MediaPort: ...
    @property
    def capabilities(self) -> frozenset[Capability]: ...


@dataclass(frozen=True, slots=True)
class BoardInfo:
    """What `boardcore list` shows of a board that could be opened."""

    address: str
    description: str
    channels: int


class BoardPort(Protocol):
    """An open board."""

    @property
    def info(self) -> BoardInfo: ...
    @property
    def channels(self) -> Sequence[ChannelPort]: ...

    @property
    def country(self) -> Country:
        """Whose call-progress tones its lines hear."""
        ...

    @property
    def disconnect_tones(self) -> frozenset[str]:
        """Names of the tones that tell that the far end has hung up: heard in a call, they end it. Empty: none."""
        ...

    @property
    def extras(self) -> Mapping[str, Any]:
        """Objects of the driver's own that applications may reach as attributes of the board (`board.exchange`)."""
        ...

    def catch_up(self) -> None:
        """Post all events that have already happened: asked before a time-out is judged, so that what came in time
        counts although the loop was late."""
        ...

    def statistics(self) -> Mapping[str, int | float | str]: ...

    async def close(self) -> None:
        """End all jobs, release all lines, free everything. Harmless when the board is lost."""
        ...


class DriverContext(Protocol):
    """What a driver gets to tell of events."""

    def post(self, channel: int, event: PortEvent) -> None:
        """Tell of an event on a channel (its index), or on the board (-1). On the loop's thread only."""
        ...


OptionsT = TypeVar("OptionsT")


class Driver(Protocol[OptionsT]):
    """A board family. Options are a frozen dataclass; addresses are `scheme:name?option=value&...`."""

    @property
    def contract_version(self) -> int: ...
    @property
    def options_type(self) -> type[OptionsT]:
        """Its fields, types and defaults are what an address's options are checked against; field `name` is the part
        before the question mark."""
        ...

    async def enumerate(self) -> Sequence[BoardInfo]: ...
    async def open(self, options: OptionsT, context: DriverContext) -> BoardPort: ...
