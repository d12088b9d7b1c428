"""The role control: telephones from another process, and the client that hides the protocol."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from board_client import Rig, raw_client, rig
from calls import sine

from boardcore.errors import BoardLost
from boardcore.testing import FarEnd, VirtualClock
from boardcore_simulators import LineQuality, RemoteExchange, RemoteFarEnd, RemoteSubscriber
from boardcore_simulators.server import Installation
from boardcore_simulators.server import _bodies as bodies
from boardcore_simulators.server._wire import REQUESTS, Event, Kind, LineBit, Message, Role, Splitter, Status, pack

CLEAR = Installation(lines=2, quality=LineQuality(law="none"))


# ---- telephones ---------------------------------------------------------------------------------------------------
async def test_a_telephone_is_rung_and_cleared(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        phone = r.exchange.subscriber("2001")
        await device.hook(True)
        await asyncio.sleep(0.5)
        await device.dial("2001").end()
        await phone.wait_ring(5.0)
        await phone.answer()
        await device.wait(Event.POLARITY)
        await device.hook(False)
        await phone.wait_cleared(5.0)
        await phone.hang_up()
        await phone.hang_up()


async def test_telephones_talk(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path, CLEAR) as r:
        one, other = r.exchange.subscriber("2001"), r.exchange.subscriber("2002")
        await asyncio.gather(one.dial("2002"), other.wait_ring())
        await other.answer()
        await one.wait_connected()
        other.listen()
        said = np.random.default_rng(1).integers(-9000, 9000, 8 * 32768).astype(np.int16)  # longer than a message
        await one.speak(said)
        sound = await other.fetch_heard()
        start = int(np.flatnonzero(sound)[0]) - int(np.flatnonzero(said)[0])
        assert np.array_equal(sound[start:][: said.size - 800], said[: said.size - 800])


async def test_what_is_heard_comes_by_itself(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        phone = r.exchange.subscriber("2001")
        phone.listen()
        assert not phone.heard().size
        await device.played(sine(1.0))
        assert 0.95 * 8000 <= phone.heard().size <= 1.05 * 8000
        assert np.abs(phone.heard()[-400:]).max() > 5000  # hardly behind
        phone.listen()
        assert not phone.heard().size  # what was before is forgotten
        await asyncio.sleep(0.5)
        assert 0.4 * 8000 <= phone.heard().size <= 0.55 * 8000
        assert not phone.heard()[800:].any()


async def test_heard_without_pushing(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        await r.exchange.ask("listen", number="2001")
        await device.played(sine(7.0))
        for _ in range(2):  # it stays to be had
            _, audio = await r.exchange.ask("heard", number="2001")
            assert len(audio) == pytest.approx(7.0 * 16000, abs=400)


async def test_what_nobody_fetches_is_bounded(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        await r.exchange.ask("listen", number="2001")
        await asyncio.sleep(900.0)
        _, audio = await r.exchange.ask("heard", number="2001")
        assert len(audio) == pytest.approx(600 * 16000, abs=21 * 16000)


async def test_digits_heard(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.call()
        await device.dial("12*#").end()
        assert await r.exchange.subscriber("2001").fetch_digits_heard() == "12*#"


Waiting = Callable[[RemoteSubscriber, float], Awaitable[None]]
WAITS: list[Waiting] = [RemoteSubscriber.wait_ring, RemoteSubscriber.wait_connected, RemoteSubscriber.wait_cleared]


@pytest.mark.parametrize("wait", WAITS)
async def test_waiting_in_vain(wait: Waiting, tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        phone = r.exchange.subscriber("2001")
        await phone.off_hook()
        await asyncio.sleep(0.1)
        began_s = asyncio.get_running_loop().time()
        with pytest.raises(TimeoutError, match=r"telephone 2001: .* did not come within 2\.0 s"):
            await wait(phone, 2.0)
        assert asyncio.get_running_loop().time() - began_s == pytest.approx(2.0, abs=0.1)


async def test_a_telephone_cannot_have_a_boards_number(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        with pytest.raises(ValueError, match="number '1001' is taken"):
            await r.exchange.subscriber("1001").off_hook()


async def test_telephones_hang_up_when_their_client_dies(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        async with RemoteExchange.connect(r.path) as mortal:
            phone = mortal.subscriber("2001")
            phone.listen()
            await phone.dial("1001")
            await device.wait(Event.RING)
            await device.hook(True)
            pressing = asyncio.create_task(phone.press("1" * 60))
            waiting = asyncio.create_task(phone.wait_ring(3600))
            await asyncio.sleep(0.5)
        await device.wait(Event.LOOP, a=0)
        assert isinstance((await asyncio.gather(pressing, waiting, return_exceptions=True))[0], BoardLost)
        statistics = (await r.exchange.info())["statistics"]
        assert statistics["jobs"] == 0  # nobody speaks or listens any more


async def test_a_telephone_is_its_latest_users(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        async with RemoteExchange.connect(r.path) as first:
            await first.subscriber("2001").off_hook()
            first.subscriber("2001").listen()
            await r.exchange.ask("listen", number="2001")
        await asyncio.sleep(0.5)
        _, audio = await r.exchange.ask("heard", number="2001")
        assert any(audio)  # dial tone: it was not put down with its first user


async def test_a_telephone_is_taken_over_at_once(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    """While the server still puts it down for its last user."""
    async with rig(tmp_path) as r:
        async with RemoteExchange.connect(r.path) as first:
            await first.subscriber("2001").off_hook()
            await first.ask("listen", number="2001")
        await r.exchange.ask("info")  # by then the server knows that the client is gone
        await r.exchange.ask("listen", number="2001")
        await r.exchange.ask("off_hook", number="2001")
        await asyncio.sleep(0.5)
        _, audio = await r.exchange.ask("heard", number="2001")
        assert any(audio)  # dial tone


async def test_only_one_client_is_sent_what_a_telephone_hears(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r, RemoteExchange.connect(r.path) as other:
        earlier, later = other.subscriber("2001"), r.exchange.subscriber("2001")
        await earlier.off_hook()
        earlier.listen()
        await asyncio.sleep(0.5)
        later.listen()
        await asyncio.sleep(0.5)
        assert earlier.heard().size == pytest.approx(4000, abs=400)
        assert later.heard().size == pytest.approx(4000, abs=400)


async def test_cutting_needs_a_line(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        with pytest.raises(ValueError, match="number '4711' has no line"):
            await r.exchange.cut("4711")


async def test_info(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path, Installation(lines=2, spares=1, pace=4.0)) as r:
        info = await r.exchange.info()
        assert info["pace"] == 4.0
        assert info["boards"] == [
            {"name": "dxxxB1", "channels": [{"name": "dxxxB1C1", "number": "1001"},
                                            {"name": "dxxxB1C2", "number": "1002"}]},
            {"name": "dxxxB2", "channels": [{"name": "dxxxB2C1", "number": None}]},
        ]  # fmt: skip
        assert info["statistics"]["ticks"] >= info["tick"] >= 0


async def test_info_of_a_large_chassis(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path, Installation(lines=40, spares=2500)) as r:
        boards = (await r.exchange.info())["boards"]
        assert [len(board["channels"]) for board in boards] == [40, 2500]


async def test_the_far_end_of_the_kit(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        far: FarEnd = RemoteFarEnd(r.exchange, "2001")
        device = await r.client.open("dxxxB1C1")
        assert far.number == "2001"
        await far.call("1001")
        await device.wait(Event.RING)
        await device.hook(True)
        await far.wait_connected()
        far.listen()
        await asyncio.gather(device.played(sine(0.5)), far.speak(sine(0.2)))
        assert np.abs(far.heard()).max() > 5000
        await far.send_digits("5")
        await device.wait(Event.DIGIT)
        await far.hang_up()
        await far.lose_board()
        await r.client.gone.wait()
        await far.restore_board()


# ---- requests that are wrong --------------------------------------------------------------------------------------
async def asked(r: Rig, body: bytes) -> tuple[Status, str]:
    client = await raw_client(r.path)
    await client.ask(Kind.HELLO, 0, bodies.Hello(Role.CONTROL, "raw").pack())
    answer = await client.ask(Kind.CONTROL, 0, body)
    await client.close()
    status, more, value, _ = bodies.result_of(answer.body)
    assert not more
    return Status(status), value.get("error", "")


WRONG: list[tuple[Any, str]] = [
    ([1], "a JSON list came, wanted an object"),
    ({}, "op must be a string, not None"),
    ({"op": "explode"}, "op must be one of info, phone,"),
    ({"op": "phone"}, "number must be a string, not None"),
    ({"op": "phone", "number": 2001}, "number must be a string, not 2001"),
    ({"op": "phone", "number": "20"}, "is not 4 digits"),
    ({"op": "phone", "number": "1001"}, "is taken"),
    ({"op": "dial", "number": "2001", "digits": "12x"}, "character 'X'"),
    ({"op": "dial", "number": "2001"}, "digits must be a string"),
    ({"op": "press", "number": "2001", "digits": ""}, "1 to 64 can be sent"),
    ({"op": "press", "number": "2001", "digits": "1", "on_ms": 1}, "on_ms must be 20 to 10000"),
    ({"op": "press", "number": "2001", "digits": "1", "on_ms": "x"}, "on_ms must be a number"),
    ({"op": "wait_ring", "number": "2001", "timeout_s": -1}, "timeout_s must be a number from 0 to 86400"),
    ({"op": "wait_ring", "number": "2001", "timeout_s": float("nan")}, "timeout_s must be a number"),
    ({"op": "wait_ring", "number": "2001", "timeout_s": 10**400}, "timeout_s must be a number"),
    ({"op": "wait_ring", "number": "2001", "timeout_s": True}, "timeout_s must be a number"),
    ({"op": "speak", "number": "2001", "more": 1}, "more must be true or false"),
    ({"op": "cut", "number": "2009", "on": True}, "has no line"),
    ({"op": "refuse_next"}, "vendor_code must be a number"),
    ({"op": "hang_next", "request": "HELLO"}, "request must be one of OPEN, CLOSE"),
]


@pytest.mark.parametrize(("value", "text"), WRONG, ids=[str(value)[:50] for value, _ in WRONG])
async def test_wrong_requests(value: Any, text: str, tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        status, error = await asked(r, json.dumps(value).encode())
        assert status is Status.BAD_VALUE
        assert text in error
        assert (await r.exchange.info())["tick"] >= 0


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 60000, b"\0\0", b'{"op": "info"'])
async def test_no_json(body: bytes, tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        assert (await asked(r, body))[0] is Status.BAD_VALUE


async def test_half_a_sample_of_speech(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        status, error = await asked(r, b'{"op": "speak", "number": "2001"}\0abc')
        assert (status, error) == (Status.BAD_VALUE, "3 bytes of audio came, wanted whole samples of 2 bytes")


async def test_endless_speech(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        with pytest.raises(ValueError, match="at most 9600000 are taken"):
            for _ in range(200):
                await r.exchange.ask("speak", bytes(64000), number="2001", more=True)


async def test_telephones_are_bounded(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        for number in range(3000, 4024):
            await r.exchange.ask("phone", number=str(number))
        with pytest.raises(ValueError, match="1024 telephones are laid already"):
            await r.exchange.ask("phone", number="4024")


# ---- a server that is none ----------------------------------------------------------------------------------------
async def test_nobody_serves(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    with pytest.raises(BoardLost, match="no simulator serves at"):
        async with RemoteExchange.connect(tmp_path / "nothing"):
            pass


async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answers: list[bytes]) -> None:
    """A server that answers each request with what it has."""
    splitter = Splitter(REQUESTS)
    for answer in answers:
        while splitter.next() is None:
            splitter.feed(await reader.read(4096))
        writer.write(answer)
    writer.close()
    await writer.wait_closed()


WELCOME = pack(Message(Kind.WELCOME, ref=1, body=bytes((1, 0, 0, 0))))


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        ([b"SSH-2.0-OpenSSH_9.2\r\n"], "the simulator's greeting is wrong"),
        ([b""], "the simulator closed the connection"),
        ([pack(Message(Kind.REPLY, ref=1, body=bodies.pack_reply(9, "the boards are away")))], "the boards are away"),
        ([WELCOME, b""], "the simulator closed the connection"),
        ([WELCOME, pack(Message(Kind.RESULT, ref=2, body=b"\0\0\0\0[]"))], "a RESULT with a JSON object was wanted"),
        ([WELCOME, pack(Message(Kind.RESULT, ref=2, body=b"\x63\0\0\0{}"))], "99 is not a valid Status"),
        ([WELCOME, pack(Message(Kind.RESULT, ref=2, body=b'\0\0\0\0{"boards": [{}]}'))], "the simulator is lost"),
        ([WELCOME, pack(Message(Kind.STATE, ref=2, body=bytes(8)))], "STATE came"),
    ],
)
async def test_a_server_that_is_none(
    answers: list[bytes], text: str, tmp_path: Path, virtual_clock: VirtualClock
) -> None:
    path = tmp_path / "fake.sock"
    async with await asyncio.start_unix_server(lambda r, w: answering(r, w, answers), path):
        with pytest.raises(BoardLost, match=text):
            async with RemoteExchange.connect(path) as exchange:
                await exchange.info()


async def test_the_server_ends(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        phone = r.exchange.subscriber("2001")
        waiting = asyncio.create_task(phone.wait_ring(60))
        await asyncio.sleep(0.1)
        for connection in list(r.premises._connections):  # pyright: ignore[reportPrivateUsage]
            connection.close()
        with pytest.raises(BoardLost):
            await waiting
        with pytest.raises(BoardLost):
            await phone.off_hook()
        with pytest.raises(BoardLost):
            phone.listen()


async def test_states_of_a_board_seen_from_both_sides(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    """A telephone that lifts and hangs up, over and over: the channel ends as it began."""
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        phone = r.exchange.subscriber("2001")
        for _ in range(5):
            await phone.dial("1001")
            await device.wait(Event.RING, count=1)
            await device.hook(True)
            await phone.wait_connected()
            await phone.hang_up()
            await device.wait(Event.LOOP, a=0)
            await device.hook(False)
            device.events.clear()
        assert LineBit((await device.state())[1]) == LineBit(0)
