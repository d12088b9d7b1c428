"""Checks of line control: ringing, answering, dialling, hanging up."""

from __future__ import annotations

import asyncio

from boardcore.errors import CallClosed, CallEnded, CallFailed, Cause
from boardcore.ports import Capability
from boardcore.testing import _hearing as hearing
from boardcore.testing._bench import Bench, Talk, begun, check, expect, expect_near, expect_raises, let_pass


@check
async def a_call_comes_in_and_is_answered(bench: Bench) -> None:
    """A ringing line becomes an incoming call; answering connects both ends; who calls is told if it can be."""
    call = await bench.ringing()
    expect(call.incoming and call.state == "ringing", f"a call that comes in is {call.state}")
    channel = bench.board.channels[0]
    if Capability.CALLER_ID in channel.capabilities:
        expect(call.caller == bench.phone().number, f"caller {call.caller!r}, wanted {bench.phone().number!r}")
    await call.answer()
    await bench.phone().wait_connected()
    expect(call.state == "connected", f"an answered call is {call.state}")
    await Talk(bench, call, bench.phone()).is_usable()
    await call.hang_up()


@check
async def rings_are_counted(bench: Bench) -> None:
    """Every burst is told, when it happens: a call can be answered after its third ring."""
    call = await bench.ringing()
    loop = asyncio.get_running_loop()
    await call.wait_rings(2)
    second_s = loop.time()
    async with asyncio.timeout(30):
        await call.answer(after_rings=3)
    expect(call.rings == 3, f"it was answered after {call.rings} rings, wanted 3")
    expect(1.5 < loop.time() - second_s < 8, f"third ring {loop.time() - second_s:.1f} s after the second")
    await bench.phone().wait_connected()
    await call.hang_up()


@check
async def a_caller_gives_up(bench: Bench) -> None:
    """When ringing stops, the call ends with CANCELLED, who waits for it is told, the line can be used."""
    call = await bench.ringing()
    async with begun(call.answer(after_rings=5)) as answering:
        await let_pass(2)
        await bench.phone().hang_up()
        async with asyncio.timeout(15):
            with expect_raises(CallEnded) as ended:
                await answering
    expect(ended().cause is Cause.CANCELLED, f"cause {ended().cause.name}, wanted CANCELLED")
    await bench.is_usable()


@check
async def a_call_is_rejected(bench: Bench) -> None:
    """A rejected call leaves the line idle; with REJECT the caller is never connected."""
    call = await bench.ringing()
    await call.reject(Cause.BUSY)
    expect(call.state == "ended", f"a rejected call is {call.state}")
    expect(bench.board.channels[0].idle, "the channel is not idle after a rejected call")
    if Capability.REJECT in bench.board.channels[0].capabilities:
        with expect_raises(TimeoutError):
            await bench.phone().wait_connected(1.0)
    await let_pass(7)
    expect(bench.board.channels[0].idle, "a rejected call rings on")
    await bench.phone().hang_up()
    await let_pass(1)
    await bench.is_usable()


@check
async def a_dialled_call_is_answered(bench: Bench) -> None:
    """Dialling rings the number; answered, both hear each other."""
    call = await bench.dialled()
    expect(not call.incoming and call.state == "connected", f"a dialled call is {call.state}")
    await let_pass()
    await Talk(bench, call, bench.phone()).is_usable()
    await call.hang_up()


@check
async def a_dialled_number_is_busy(bench: Bench) -> None:
    """Busy tone fails the call with BUSY, and the line can be used."""
    await bench.phone(0).call(bench.phone(1).number)
    with expect_raises(CallFailed) as failed:
        await bench.board.dial(bench.phone(0).number, timeout_s=30)
    expect(failed().cause is Cause.BUSY, f"cause {failed().cause.name}, wanted BUSY")
    await bench.phone(0).hang_up()
    await let_pass(1)
    await bench.is_usable()


@check
async def a_dialled_number_is_nobodys(bench: Bench) -> None:
    """A number that no one has fails the call."""
    with expect_raises(CallFailed) as failed:
        await bench.board.dial(bench.setup.nobody, timeout_s=30)
    wanted = (Cause.UNOBTAINABLE, Cause.BUSY, Cause.CONGESTION, Cause.REJECTED)
    expect(failed().cause in wanted, f"cause {failed().cause.name}, wanted one of {[c.name for c in wanted]}")


@check
async def a_dialled_number_does_not_answer(bench: Bench) -> None:
    """Nobody answers in time: NO_ANSWER, the far end rings no longer, and can be dialled again."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    with expect_raises(CallFailed) as failed:
        await bench.board.dial(bench.phone().number, timeout_s=12)
    expect(failed().cause is Cause.NO_ANSWER, f"cause {failed().cause.name}, wanted NO_ANSWER")
    expect_near(loop.time() - began_s, 12, 3.5, "seconds until it was given up")
    await let_pass(6)
    await (await bench.dialled()).hang_up()


@check
async def a_dialled_call_is_cancelled(bench: Bench) -> None:
    """Cancelling a dial at any moment releases the line; the next dial goes through."""
    for after_s in (0.0, 0.02, 0.5, 1.0, 2.0, 4.0):
        async with begun(bench.board.dial(bench.phone().number, timeout_s=30)) as dialling:
            await let_pass(after_s)
            dialling.cancel()
            with expect_raises(asyncio.CancelledError):
                await dialling
        idle = all(channel.idle for channel in bench.board.channels)
        expect(idle, f"a dial cancelled after {after_s} s leaves a channel that is not idle")
        await let_pass(1)
    await (await bench.dialled()).hang_up()


@check
async def this_end_hangs_up(bench: Bench) -> None:
    """After hang_up the channel is idle; use of the call raises CallClosed; hanging up again is harmless."""
    async with bench.talking() as talk:
        await talk.call.hang_up()
        await talk.call.hang_up()
        expect(bench.board.channels[0].idle, "the channel is not idle after hang_up")
        with expect_raises(CallClosed):
            await talk.call.play(hearing.clip(0.1, 1))
        with expect_raises(CallClosed):
            await talk.call.get_digits(1)
    await let_pass(1)
    await bench.is_usable()


@check
async def the_far_end_hangs_up(bench: Bench) -> None:
    """The far end's release ends the call with NORMAL within two seconds and frees the line for the next."""
    async with bench.talking() as talk:
        await talk.phone.hang_up()
        async with asyncio.timeout(2):
            cause = await talk.call.wait_ended()
        expect(cause is Cause.NORMAL, f"cause {cause.name}, wanted NORMAL")
        with expect_raises(CallEnded):
            await talk.call.play(hearing.clip(0.1, 1))
        await talk.call.hang_up()
    await let_pass(1)
    await bench.is_usable()


@check
async def two_channels_are_independent(bench: Bench) -> None:
    """What happens on one channel is not seen on another."""
    async with bench.talking(0, 0) as one, bench.talking(1, 1) as two:
        prompt = hearing.clip(0.5, 3)
        one.phone.listen()
        two.phone.listen()
        async with begun(two.call.get_digits(1, first_timeout_s=3)) as digits:
            await one.call.play(prompt)
            await one.phone.send_digits("5")
            await let_pass()
            expect(hearing.find(prompt, two.phone.heard()) is None, "a prompt on channel 0 is heard on channel 1")
            expect(await digits == "", "a digit keyed on channel 0 came to channel 1")
        await one.phone.hang_up()
        await one.call.wait_ended()
        await two.is_usable()
