"""Numbers dialled by opening the loop, from a telephone and from a board, in virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from calls import phone_of

import boardcore
from boardcore import Board, CallFailed, Cause
from boardcore.testing import VirtualClock
from boardcore_simulators import Subscriber
from boardcore_simulators.exchange import CircuitState, LineCircuit
from boardcore_simulators.pulses import PulseEar

pytestmark = pytest.mark.usefixtures("virtual_clock")


def now() -> float:
    return asyncio.get_running_loop().time()


async def next_call(board: Board) -> Any:
    async with asyncio.timeout(30):
        async for call in board.calls():
            return call
    raise AssertionError("the board ended")


def circuit_of(board: Board, phone: Subscriber) -> LineCircuit:
    circuit: LineCircuit = board.exchange.circuits[phone.number]
    return circuit


def state_of(circuit: LineCircuit) -> CircuitState:
    return circuit.state


async def opening(phone: Subscriber, duration_s: float) -> None:
    phone.line.hook(False)
    await asyncio.sleep(duration_s)
    phone.line.hook(True)


async def lifted(board: Board) -> tuple[Subscriber, LineCircuit]:
    phone = phone_of(board)
    await phone.off_hook()
    await asyncio.sleep(0.5)
    circuit = circuit_of(board, phone)
    assert state_of(circuit) is CircuitState.DIAL_TONE
    return phone, circuit


# -- a telephone dials --
async def test_a_board_answers_a_call_dialled_by_pulses() -> None:
    async with boardcore.open_board("sim:analog?lines=2") as board:
        phone = phone_of(board)
        began_s = now()
        await phone.dial("1002", pulse=True)
        call = await next_call(board)
        await call.answer()
        await phone.wait_connected(1)
        assert (call.caller, call.called) == ("2001", "1002")
        assert now() - began_s > 0.5 + 23 * 0.1 + 3 * 0.7  # 23 pulses, three pauses
        await phone.hang_up()
        await call.channel.wait_idle()


async def test_every_digit_can_be_dialled() -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        for number in ("2345", "6789"):
            phone, circuit = await lifted(board)
            await phone.dial(number, pulse=True)
            assert circuit.dialled == number
            await phone.hang_up()
            await asyncio.sleep(0.3)


async def test_tones_and_pulses_can_be_mixed() -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        phone, circuit = await lifted(board)
        await phone.dial("10", pulse=True)
        await phone.press("01")
        assert circuit.dialled == "1001"
        assert (await next_call(board)).caller == "2001"


async def test_dial_tone_ends_with_the_first_pulse() -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        phone, _ = await lifted(board)
        phone.listen()
        await phone.dial("3", pulse=True)
        heard = phone.heard()
        assert heard[: 8000 // 2].any()
        assert not heard[8000 * 6 // 10 :].any()  # not between the pulses either


async def test_a_pulse_after_the_number_is_not_of_it() -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        phone, circuit = await lifted(board)
        await phone.press("1001")
        await opening(phone, 0.06)
        assert (await next_call(board)).caller == "2001"
        assert circuit.dialled == "1001"


async def test_a_short_number_is_routed_after_the_pause_for_the_next_digit() -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        phone, circuit = await lifted(board)
        await phone.dial("12", pulse=True)
        await asyncio.sleep(4.0)
        assert state_of(circuit) is CircuitState.DIALLING
        await asyncio.sleep(1.5)
        assert state_of(circuit) is CircuitState.CLEARED  # number unobtainable


# -- what is no digit --
async def test_hanging_up_instead_of_dialling_is_noticed() -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        phone, circuit = await lifted(board)
        await phone.hang_up()
        await asyncio.sleep(0.1)
        assert state_of(circuit) is CircuitState.DIAL_TONE  # it might be a pulse
        await asyncio.sleep(0.1)
        assert state_of(circuit) is CircuitState.IDLE


async def test_hanging_up_after_the_last_digit_rings_nobody() -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        phone, circuit = await lifted(board)
        await phone.press("1001")
        await asyncio.sleep(0.1)  # just before it would ring
        await phone.hang_up()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(10):
                await next_call(board)
        assert state_of(circuit) is CircuitState.IDLE


async def test_hanging_up_while_dialling_stops_the_dial() -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        phone, circuit = await lifted(board)
        dialling = asyncio.create_task(phone.dial("0000", pulse=True))
        await asyncio.sleep(1.0)
        await phone.hang_up()
        hung_up_s = now()
        await dialling
        assert now() - hung_up_s < 0.11
        await asyncio.sleep(1.0)
        assert state_of(circuit) is CircuitState.IDLE
        assert not phone.off_hook_now


async def test_a_cancelled_dial_leaves_the_loop_closed() -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        phone, circuit = await lifted(board)
        dialling = asyncio.create_task(phone.dial("9", pulse=True))
        await asyncio.sleep(0.53)  # in the first opening
        dialling.cancel()
        await asyncio.gather(dialling, return_exceptions=True)
        await asyncio.sleep(1.0)
        assert state_of(circuit) is not CircuitState.IDLE


async def test_a_garbled_digit_is_not_guessed() -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        phone, circuit = await lifted(board)
        await opening(phone, 0.06)
        await asyncio.sleep(0.15)
        await opening(phone, 0.06)
        await asyncio.sleep(0.5)
        assert circuit.dialled == ""
        assert state_of(circuit) is CircuitState.CLEARED  # congestion tone is heard
        await phone.hang_up()
        await asyncio.sleep(0.3)
        assert state_of(circuit) is CircuitState.IDLE


async def test_an_opening_in_a_call_ends_it_at_once() -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        phone = phone_of(board)
        await phone.dial("1001", pulse=True)
        call = await next_call(board)
        await call.answer()
        await asyncio.sleep(1)
        await phone.hang_up()
        await asyncio.sleep(0.03)
        assert state_of(circuit_of(board, phone)) is CircuitState.IDLE


async def test_a_telephone_has_no_pulses_for_other_keys() -> None:
    async with boardcore.open_board("sim:analog?lines=1") as board:
        with pytest.raises(ValueError, match="digits 0 to 9 only"):
            await phone_of(board).dial("12#", pulse=True)


# -- a board dials --
async def test_a_board_that_dials_by_pulses_is_answered() -> None:
    async with boardcore.open_board("sim:analog?lines=1&dial=pulse") as board:
        phone = phone_of(board)
        placing = asyncio.create_task(board.dial("2001"))
        await phone.wait_ring()
        assert circuit_of(board, phone).peer is board.exchange.circuits["1001"]
        await phone.answer()
        call = await placing
        await call.hang_up()
        await phone.wait_cleared(1)


async def test_a_board_line_can_call_the_next_after_giving_up_in_a_digit() -> None:
    async with boardcore.open_board("sim:analog?lines=1&dial=pulse") as board:
        with pytest.raises(CallFailed) as failed:
            await board.dial("0000", timeout_s=2.0)
        assert failed.value.cause is Cause.NO_ANSWER
        phone = phone_of(board)
        placing = asyncio.create_task(board.dial("2001"))
        await phone.wait_ring()
        await phone.answer()
        await (await placing).hang_up()


async def test_a_number_that_has_no_pulses_fails() -> None:
    async with boardcore.open_board("sim:analog?lines=1&dial=pulse") as board:
        with pytest.raises(CallFailed):
            await board.dial("#21")
        await board.channels[0].wait_idle()


class LateEngine:
    """A real-time engine whose loop closes while the ear is about to judge a release."""

    virtual = False
    tick = 0

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.taken = asyncio.Event()
        self.ear: PulseEar | None = None

    def time_of(self, tick: int) -> float:
        return tick / 100

    def drain(self) -> None:
        if self.ear is not None:
            self.ear.feed(True, self.tick + 1)
        self.taken.set()


async def test_what_a_tick_tells_while_the_ear_judges_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    engine: Any = LateEngine()
    told: list[str] = []

    class Taker:
        def pulse_digit(self, digit: str) -> None:
            told.append(digit)

        def pulse_garbled(self) -> None:
            told.append("garbled")

        def pulse_release(self) -> None:
            told.append("released")

    engine.ear = PulseEar(engine, Taker(), 0)
    engine.ear.feed(False, 100)
    engine.tick = 105
    async with asyncio.timeout(5):
        await engine.taken.wait()
    engine.ear.close()
    assert told == []
    assert caplog.records == []


async def test_the_option_says_what_it_takes() -> None:
    with pytest.raises(ValueError, match="dial must be tone or pulse, not 'rotary'"):
        async with boardcore.open_board("sim:analog?dial=rotary"):
            pass


@pytest.mark.parametrize("seed", [1, 2])
async def test_two_runs_are_the_same(seed: int, virtual_clock: VirtualClock) -> None:
    async with boardcore.open_board(f"sim:analog?lines=1&seed={seed}&noise_dbm0=-50&delay_ms=30") as board:
        phone = phone_of(board)
        await phone.dial("1001", pulse=True)
        call = await next_call(board)
        assert call.caller == "2001"
