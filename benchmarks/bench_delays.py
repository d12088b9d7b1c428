"""Delays, in virtual time and to the sample: what a caller hears, less what the wires to the caller take.

The wires of the simulated exchange hand over once a tick at each end. Their share is measured in the same call (a
marker played to the caller) and taken off. The law is none: every sample is what was sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

import boardcore
from benchmarks.figures import SHORT
from benchmarks.rig import BLOCK, RATE_HZ
from boardcore._native import ffi, lib
from boardcore.dsp import DTMF_DIGITS, dtmf_tones
from boardcore.testing import VirtualClock

Report = Callable[..., Any]
TRIES = 8 if SHORT else 64
ADDRESS = "sim:analog?lines=2&law=none"


def marker(seconds: float, seed: int = 1) -> npt.NDArray[np.int16]:
    """Noise that cannot be mistaken for another place of itself, nor for a digit; no sample is zero."""
    rng = np.random.default_rng(seed)
    size = round(seconds * RATE_HZ)
    samples: npt.NDArray[np.int16] = (rng.integers(400, 2000, size) * rng.choice([-1, 1], size)).astype(np.int16)
    return samples


# ---- the bridge --------------------------------------------------------------------------------------------
def bridge_ms() -> float:
    """From the block that holds a sample at one port's line to the block that holds it at the other's: ms.

    A sample waits for its block to be full, which is the 10 ms added here; the ring ports' own depth is one block.
    """
    options: Any = ffi.new("bc_engine_options *")
    lib.bc_engine_defaults(options)
    options.virtual_time = 1
    engine: Any = lib.bc_engine_new(options, ffi.new("int *"))
    rings = [ffi.gc(lib.bc_ring_port_new(1), lib.bc_ring_port_free) for _ in range(2)]
    a, b = (lib.bc_engine_port_open(engine, lib.bc_ring_port_ops(), ring) for ring in rings)
    lib.bc_engine_listen(engine, a, lib.bc_engine_slot_in(engine, b))
    lib.bc_engine_listen(engine, b, lib.bc_engine_slot_in(engine, a))
    out: npt.NDArray[np.int16] = np.zeros(20 * BLOCK, np.int16)
    block = marker(0.01)
    lib.bc_engine_run(engine, 10)
    room: Any = ffi.from_buffer("int16_t[]", out, require_writable=True)
    while lib.bc_ring_port_read(rings[1], room, 20):
        pass
    lib.bc_ring_port_write(rings[0], ffi.from_buffer("int16_t[]", block), 1)
    lib.bc_engine_run(engine, 20)
    blocks = lib.bc_ring_port_read(rings[1], room, 20)
    lib.bc_engine_free(engine)
    heard = out[: blocks * BLOCK].reshape(-1, BLOCK)
    at = int(np.flatnonzero((heard == block).all(axis=1))[0])
    return (at + 1) * 10.0


def test_bridge(benchmark: Any, figure: Report) -> None:
    found = benchmark.pedantic(bridge_ms, rounds=1)
    figure("delay of a bridge beyond the ports", found, "ms", 20.0, note="the block of 10 ms itself; no tick is added")


# ---- a call ------------------------------------------------------------------------------------------------
class Talk:
    """One call from a telephone to the board, with the clocks of both ends."""

    def __init__(self, board: boardcore.Board) -> None:
        self.board = board
        self.phone = board.exchange.subscriber("2001")
        self.engine = self.phone.line.engine
        self._from_s = 0.0

    def listen(self) -> None:
        """The telephone keeps what it hears, from the next tick on."""
        self.phone.listen()
        self._from_s = self.engine.time_of(self.engine.tick)

    def time_of(self, index: int) -> float:
        """Loop time at which the telephone heard a sample, in seconds."""
        return float(self._from_s + index / RATE_HZ)

    async def ring(self) -> boardcore.Call:
        """The telephone calls the board."""
        await self.phone.dial("1001")
        return await anext(self.board.calls())

    async def first_heard(self, sound: npt.NDArray[np.int16]) -> tuple[float, int]:
        """When the telephone heard the first sample of a sound that it could hear, and how many it missed before."""
        await asyncio.sleep(0.3)  # all that is on its way arrives
        heard = self.phone.heard()
        probe = sound[400:432]
        windows = np.lib.stride_tricks.sliding_window_view(heard, probe.size)
        start = int(np.flatnonzero((windows == probe).all(axis=1))[0]) - 400
        missed = 0
        while start + missed < 0 or heard[start + missed] != sound[missed]:
            missed += 1
        return self.time_of(start + missed), missed

    async def wires_s(self, call: boardcore.Call) -> float:
        """How long the wires take from the board to the telephone's ear, or from its mouth to the board."""
        sound = marker(0.1, seed=9)
        self.listen()
        played = await call.play(sound)
        heard_s, missed = await self.first_heard(sound)
        assert missed == 0
        return heard_s - played.started_s


async def barge_in() -> list[tuple[float, float, float]]:
    """Press keys into prompts: how long the key was down, and ms from key down and key up to the prompt's silence."""
    found: list[tuple[float, float, float]] = []
    rng = np.random.default_rng(3)
    async with boardcore.open_board(ADDRESS) as board:
        talk = Talk(board)
        call = await talk.ring()
        await call.answer()
        await asyncio.sleep(0.5)
        wires_s = await talk.wires_s(call)
        for on_ms in (40, 80):
            for turn in range(TRIES):
                before = int(rng.integers(0, BLOCK))  # where in a block the key goes down
                tone = dtmf_tones(DTMF_DIGITS[turn % 16], on_ms=on_ms, off_ms=0, level_dbm0=-10)
                talk.listen()
                playing = asyncio.create_task(call.play(marker(3.0), stop_on=DTMF_DIGITS))
                await asyncio.sleep(0.5)
                spoken = await talk.phone.speak(np.concatenate([np.zeros(before, np.int16), tone]))
                result = await playing
                assert result.digit == DTMF_DIGITS[turn % 16]
                await asyncio.sleep(0.3)
                silent_s = talk.time_of(int(np.flatnonzero(talk.phone.heard())[-1]) + 1) - wires_s
                down_s = spoken.started_s + before / RATE_HZ + wires_s
                found.append((on_ms, 1000 * (silent_s - down_s), 1000 * (silent_s - down_s) - on_ms))
        await call.hang_up()
        await talk.phone.hang_up()
    return found


def test_digit_to_silence(benchmark: Any, figure: Report) -> None:
    found = benchmark.pedantic(lambda: VirtualClock().run(barge_in()), rounds=1)
    note = f"worst of {len(found)}: every digit, any place in a block, keys down for 40 and 80 ms"
    figure("digit's end to prompt silent", max(up for _, _, up in found), "ms", 50.0, note=note)
    figure("digit's begin to prompt silent", max(down for _, down, _ in found), "ms", note="worst of the same")


async def answers() -> list[tuple[float, int]]:
    """Answer and play at once: ms to the first prompt sample at the telephone, and samples that it missed."""
    found: list[tuple[float, int]] = []
    prompt = marker(1.0)
    async with boardcore.open_board(ADDRESS) as board:
        talk = Talk(board)
        for turn in range(TRIES // 4):
            call = await talk.ring()
            talk.listen()
            await asyncio.sleep(0.1 + 0.013 * turn)  # anywhere in the ringing
            answered_s = board.loop.time()
            await call.answer()
            await call.play(prompt)
            heard_s, missed = await talk.first_heard(prompt)
            found.append((1000 * (heard_s - answered_s - await talk.wires_s(call)), missed))
            await call.hang_up()
            await talk.phone.hang_up()
            await asyncio.sleep(3.0)
    return found


def test_answer_to_prompt(benchmark: Any, figure: Report) -> None:
    found = benchmark.pedantic(lambda: VirtualClock().run(answers()), rounds=1)
    missed = max(samples for _, samples in found)
    note = f"worst of {len(found)} calls, in any cadence of the ringing; {missed} samples of the prompt were cut off"
    figure("answer to first prompt sample", max(ms for ms, _ in found), "ms", 30.0, note=note)
