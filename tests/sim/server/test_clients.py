"""Clients: greeting, devices, several at once, those that die, that misbehave, that do not read."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
from pathlib import Path

import pytest
from board_client import BoardClient, Rig, board_client, raw_client, rig
from calls import sine

from boardcore.testing import VirtualClock
from boardcore_simulators import RemoteExchange
from boardcore_simulators.server import Installation, serving
from boardcore_simulators.server import _bodies as bodies
from boardcore_simulators.server._board_session import BoardSession
from boardcore_simulators.server._connection import peer_uid, same_user
from boardcore_simulators.server._rules import Rules
from boardcore_simulators.server._wire import MAX_BODY, Event, Kind, LineBit, Message, Reason, Role, Status

HELLO = bodies.Hello(Role.BOARD, "me").pack()


async def last_words(client: BoardClient) -> tuple[Status, str]:
    async with asyncio.timeout(10):
        await client.gone.wait()
    return client.last_words[-1]


# ---- greeting -----------------------------------------------------------------------------------------------------
async def test_welcome_tells_of_the_boards(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path, Installation(lines=3, spares=0)) as r:
        assert r.client.boards == [bodies.Board("dxxxB1", 3, True)]


async def test_two_boards(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path, Installation(lines=3)) as r:
        assert r.client.boards == [bodies.Board("dxxxB1", 3, True), bodies.Board("dxxxB2", 6, False)]


@pytest.mark.parametrize(
    ("kind", "ref", "body", "status", "text"),
    [
        (Kind.OPEN, 5, b"dxxxB1C1", Status.PROTOCOL, "a OPEN came, wanted HELLO first"),
        (Kind.HELLO, 0, HELLO, Status.PROTOCOL, "a HELLO with ref 0 came, wanted another number"),
        (Kind.HELLO, 5, HELLO[:4] + b"\1\0\7\0", Status.PROTOCOL, "role 7 came, wanted 1 (board) or 2 (control)"),
        (Kind.HELLO, 5, b"GARB" + HELLO[4:], Status.PROTOCOL, "magic 0x42524147 came, wanted 0x50534342"),
        (Kind.HELLO, 5, HELLO + b"\xff", Status.PROTOCOL, "0xff came at byte 2, wanted UTF-8"),
        (Kind.HELLO, 5, HELLO[:7], Status.PROTOCOL, "a HELLO of 7 bytes came, at least 8 were wanted"),
        (Kind.REPLY, 5, b"", Status.PROTOCOL, "a message of kind 101 came, wanted one of 1, 2, 3"),
    ],
)
async def test_a_wrong_greeting(
    kind: Kind, ref: int, body: bytes, status: Status, text: str, tmp_path: Path, virtual_clock: VirtualClock
) -> None:
    async with rig(tmp_path) as r:
        client = await raw_client(r.path)
        client.write(kind, 0, ref, body)
        found, said = await last_words(client)
        assert found is status
        assert text in said
        await client.close()


async def test_another_version(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        client = await raw_client(r.path)
        answer = await client.ask(Kind.HELLO, 0, bodies.Hello(Role.BOARD, "me", 2).pack())
        assert bodies.reply_of(answer.body) == (Status.VERSION, "version 2 came, wanted 1")
        await client.gone.wait()
        await client.close()


async def test_garbage_before_hello(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        client = await raw_client(r.path)
        client.writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        status, text = await last_words(client)
        assert status is Status.PROTOCOL
        assert "at most 65536 are taken" in text
        await client.close()


async def test_a_second_hello(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        r.client.write(Kind.HELLO, 0, 99, HELLO)
        assert await last_words(r.client) == (Status.PROTOCOL, "a second HELLO came, wanted one")


async def test_a_message_that_is_too_long(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        r.client.writer.write(struct.pack("<IHHII", MAX_BODY + 1, Kind.DATA, device.number, 1, 0))
        status, text = await last_words(r.client)
        assert (status, text) == (Status.PROTOCOL, "a message of 65537 bytes came, at most 65536 are taken")


# ---- users --------------------------------------------------------------------------------------------------------
async def test_another_user_is_refused(
    tmp_path: Path, virtual_clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = os.geteuid() + 1
    path = tmp_path / "sim.sock"
    async with serving(path, Installation(lines=1), uid_of=lambda peer: stranger) as premises:
        client = await raw_client(path)
        client.write(Kind.HELLO, 0, 1, HELLO)
        await client.gone.wait()
        await client.close()
        assert not client.last_words
        assert f"it belongs to user {stranger}" in caplog.text
        assert premises.info()["statistics"]["clients_thrown_out"] == 1


def test_who_the_kernel_says_it_is() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert peer_uid(one) == os.geteuid()
    assert same_user(os.geteuid())
    assert not same_user(os.geteuid() + 1)


# ---- devices ------------------------------------------------------------------------------------------------------
async def test_what_is_told_of_a_channel(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        one, other, spare = [await r.client.open(name) for name in ("dxxxB1C1", "dxxxB1C2", "dxxxB2C1")]
        assert (one.opened.board, one.opened.channel, one.opened.number) == (1, 1, "1001")
        assert (other.opened.board, other.opened.channel, other.opened.number) == (1, 2, "1002")
        assert (spare.opened.board, spare.opened.channel, spare.opened.number) == (2, 1, "")
        timeslots = [one.opened.voice_timeslot, one.opened.line_timeslot, other.opened.voice_timeslot,
                     other.opened.line_timeslot, spare.opened.voice_timeslot]  # fmt: skip
        assert len(set(timeslots)) == 5


async def test_a_board_can_be_opened_by_many(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r, board_client(r.path) as other:
        boards = [await r.client.open("dxxxB1"), await r.client.open("dxxxB1"), await other.open("dxxxB1")]
        assert {(b.opened.channel, b.opened.has_line) for b in boards} == {(0, True)}
        assert boards[0].number != boards[1].number


@pytest.mark.parametrize(
    "name",
    ["", "dxxxB1C3", "dxxxB3", "dxxxB0", "dxxxB1C0", "dxxxB01C1", "dxxxB1C1 ", "dtiB1", "dxxxB2C5", "dxxxB1C99999",
     "dxxxB１C1"],
)  # fmt: skip
async def test_no_such_device(name: str, tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        answer = await r.client.ask(Kind.OPEN, 0, name.encode())
        assert bodies.reply_of(answer.body) == (Status.NO_DEVICE, f"there is no device {name!r}")


async def test_a_channel_is_one_clients(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r, board_client(r.path) as other:
        mine = await r.client.open("dxxxB1C1")
        for client in (other, r.client):
            answer = await client.ask(Kind.OPEN, 0, b"dxxxB1C1")
            assert bodies.reply_of(answer.body) == (Status.IN_USE, "dxxxB1C1 is open already")
        await mine.ok(Kind.CLOSE)
        await other.open("dxxxB1C1")


@pytest.mark.parametrize("kind", [Kind.CLOSE, Kind.HOOK, Kind.ROUTE, Kind.CLEAR_DIGITS, Kind.QUERY, Kind.TONE_WATCH])
async def test_a_device_that_is_not_open(kind: Kind, tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        await device.ok(Kind.CLOSE)
        for number in (device.number, 0, 77):
            answer = await r.client.ask(kind, number, bytes(16))
            assert bodies.reply_of(answer.body) == (Status.NO_DEVICE, f"device {number} is not open")


async def test_jobs_on_a_device_that_is_not_open(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        await device.ok(Kind.CLOSE)
        for job in (device.play(), device.record(), device.collect(), device.dial("1")):
            ended = await job.end()
            assert (ended.reasons, ended.status) == (Reason.ERROR, Status.NO_DEVICE)
            job.stop()  # has no answer of its own


async def test_closing_ends_the_job_and_leaves_the_line(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r, board_client(r.path) as other:
        device = await r.call()
        await device.route(True, 0xFFFFFFFF)
        job = device.record(credit=0)
        await asyncio.sleep(0.5)
        await device.ok(Kind.CLOSE)
        assert (await job.end()).reasons == Reason.STOPPED
        again = await other.open("dxxxB1C1")
        assert LineBit.OFF_HOOK in LineBit((await again.state())[1])
        phone = r.exchange.subscriber("2001")
        phone.listen()
        await again.played(sine(0.5))
        assert not (await phone.fetch_heard()).any()  # the line still listens to nothing


async def test_a_closed_device_tells_nothing(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        await device.ok(Kind.CLOSE)
        await r.exchange.subscriber("2001").dial("1001")
        await asyncio.sleep(5.0)
        assert not device.events


async def test_roles_keep_to_themselves(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        answer = await r.client.ask(Kind.CONTROL, 0, b'{"op": "info"}')
        assert bodies.reply_of(answer.body) == (Status.UNSUPPORTED, "CONTROL is for the role control")
        control = await raw_client(r.path)
        await control.ask(Kind.HELLO, 0, bodies.Hello(Role.CONTROL, "me").pack())
        answer = await control.ask(Kind.OPEN, 0, b"dxxxB1C1")
        assert bodies.reply_of(answer.body) == (Status.UNSUPPORTED, "OPEN is for the role board")
        await control.close()


# ---- clients that die ---------------------------------------------------------------------------------------------
async def test_a_client_that_dies_frees_everything(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        phone = r.exchange.subscriber("2001")
        async with board_client(r.path) as mortal:
            dying = Rig(r.path, r.premises, mortal, r.exchange)
            device = await dying.call()
            await device.watch(1, 450, 20)
            await device.route(True, 0xFFFFFFFF)
            await phone.press("12")
            device.play().send(Kind.DATA, bytes(16000))
            spare = await mortal.open("dxxxB2C1")
            await spare.route(False, device.opened.line_timeslot)
            spare.record(credit=0)
            await asyncio.sleep(0.3)
        await phone.wait_cleared(2.0)  # on-hook
        again = await r.client.open("dxxxB1C1")
        assert await again.state() == (0, 0)
        assert (await r.exchange.info())["statistics"]["jobs"] == 0
        await phone.hang_up()
        await phone.dial("1001")
        await again.wait(Event.RING)
        await again.hook(True)
        phone.listen()
        await again.played(sine(0.5))
        assert (await phone.fetch_heard()).any()  # routed as at first
        assert not again.of(Event.TONE)
        job = (await r.client.open("dxxxB2C1")).record(Rules(max_ms=500))
        await phone.speak(sine(0.3))
        await job.end()
        assert not job.samples().any()


async def test_a_channel_is_to_be_had_at_once(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    """OPEN waits until what the client before had begun is over, so that nothing of it is seen."""
    async with rig(tmp_path) as r:
        for _ in range(3):
            async with board_client(r.path) as mortal:
                device = await mortal.open("dxxxB1C1")
                await device.hook(True)
                device.play()
        device = await r.client.open("dxxxB1C1")
        assert await device.state() == (0, 0)
        assert (await device.collect(Rules(max_ms=50)).end()).reasons == Reason.MAX_TIME


async def test_a_recording_of_the_dead_holds_nobody_up(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        async with board_client(r.path) as mortal:
            (await mortal.open("dxxxB2C1")).record(credit=0)
            await asyncio.sleep(1.0)
        began_s = asyncio.get_running_loop().time()
        await r.client.open("dxxxB2C1")
        assert asyncio.get_running_loop().time() - began_s < 0.5


async def test_what_the_dead_watched_is_watched_no_more(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        async with board_client(r.path) as mortal:
            await (await mortal.open("dxxxB1C1")).watch(1, 450, 20)
        device = await r.client.open("dxxxB1C1")
        await device.hook(True)
        await asyncio.sleep(1.0)  # dial tone
        assert not device.of(Event.TONE)
        assert device.of(Event.SOUND)


async def test_a_client_that_dies_half_way_into_closing(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        async with board_client(r.path) as mortal:
            device = await mortal.open("dxxxB1C1")
            device.record(credit=0)
            await device.hook(True)
            mortal.write(Kind.CLOSE, device.number, 5000)
            mortal.write(Kind.HOOK, device.number, 5001, b"\1")
        device = await r.client.open("dxxxB1C1")
        assert await device.state() == (0, 0)


async def test_one_client_does_not_see_anothers_calls(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r, board_client(r.path) as other:
        mine, others = await r.client.open("dxxxB1C1"), await other.open("dxxxB1C2")
        assert mine.number == others.number
        await r.exchange.subscriber("2001").dial("1002")
        await others.wait(Event.RING)
        assert not mine.events


# ---- clients that do not read -------------------------------------------------------------------------------------
async def deaf_client(path: Path) -> socket.socket:
    """It has said hello, and does not read."""
    deaf = socket.socket(socket.AF_UNIX)
    deaf.setblocking(False)
    deaf.connect(str(path))
    await asyncio.get_running_loop().sock_sendall(deaf, message(Kind.HELLO, 0, 1, HELLO))
    return deaf


def message(kind: Kind, device: int, ref: int, body: bytes = b"") -> bytes:
    return struct.pack("<IHHII", len(body), kind, device, ref, 0) + body


async def test_a_client_that_does_not_read_is_thrown_out(
    tmp_path: Path, virtual_clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with rig(tmp_path) as r:
        deaf = await deaf_client(r.path)
        with deaf:
            requests = b"".join(message(Kind.OPEN, 0, ref, b"x" * 1000) for ref in range(1, 40))
            loop = asyncio.get_running_loop()
            for _ in range(1000):  # as much as the server takes
                try:
                    async with asyncio.timeout(0.1):
                        await loop.sock_sendall(deaf, requests)
                except TimeoutError:
                    break
            else:
                raise AssertionError("the server took everything")
            device = await r.client.open("dxxxB1C1")
            assert (await device.played(sine(1.0))).ran_ms <= 1020  # nobody else is held up
            assert (await r.exchange.info())["statistics"]["clients"] == 3
            await asyncio.sleep(31.0)
            assert (await r.exchange.info())["statistics"]["clients"] == 2
            assert "board client 'me' is thrown out: it has read nothing for 30 s" in caplog.text


async def test_samples_wait_for_a_client_that_does_not_read(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    """A recording goes on in its ring while the socket is full, and nothing is lost or out of order."""
    async with rig(tmp_path) as r:
        deaf = await deaf_client(r.path)
        with deaf:
            loop = asyncio.get_running_loop()
            names = b"".join(message(Kind.OPEN, 0, 10 + n, b"dxxxB2C%d" % (n + 1)) for n in range(4))
            await loop.sock_sendall(deaf, names)
            await asyncio.sleep(0.1)
            rules = Rules(max_ms=25_000).pack()
            record = rules + bytes((1, 0, 0, 0)) + (10**8).to_bytes(4, "little")
            await loop.sock_sendall(deaf, b"".join(message(Kind.RECORD, n + 1, 20 + n, record) for n in range(4)))
            await asyncio.sleep(26.0)
            found: dict[int, int] = {}
            data = b""
            while found.get(Kind.JOB_ENDED, 0) < 4:
                data += await loop.sock_recv(deaf, 1 << 20)
                while len(data) >= 16 and len(data) >= 16 + int.from_bytes(data[:4], "little"):
                    size, kind = struct.unpack_from("<IH", data)
                    found[kind] = found.get(kind, 0) + (size if kind == Kind.SENT else 1)
                    data = data[16 + size :]
            assert found[Kind.SENT] == 4 * 25 * 16000


async def test_the_server_holds_little_for_a_client(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    """Events are sent whether they are read or not: 1 MiB of them, and no more."""
    async with rig(tmp_path) as r:
        deaf = await deaf_client(r.path)
        with deaf:
            await asyncio.sleep(0.1)
            connection = next(c for c in r.premises._connections if c.name == "board client 'me'")  # pyright: ignore[reportPrivateUsage]
            sent = 0
            while not connection._parting and sent < 4 << 20:  # pyright: ignore[reportPrivateUsage]
                connection.send(Kind.EVENT, 1, 0, bytes(60000))
                sent += 60000
            assert 1 << 20 <= sent < 2 << 20


async def test_a_flood_of_requests_leaves_the_others_their_turn(
    tmp_path: Path, virtual_clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    take = BoardSession.take

    def noting(session: BoardSession, message: Message) -> None:
        taken.append(message.ref)
        take(session, message)

    async with rig(tmp_path) as r, board_client(r.path) as busy:
        device, other = await busy.open("dxxxB1C1"), await r.client.open("dxxxB1C2")
        monkeypatch.setattr(BoardSession, "take", noting)
        refs = range(100_000, 102_000)
        futures = [busy.answers.setdefault(ref, asyncio.get_running_loop().create_future()) for ref in refs]
        busy.writer.write(b"".join(message(Kind.QUERY, device.number, ref) for ref in refs))
        await other.state()
        await asyncio.wait(futures)
        assert len(taken) == 2001
        assert next(place for place, ref in enumerate(taken) if ref < 100_000) < 500  # not behind all of them


async def test_requests_that_wait_are_bounded(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        hooks = [asyncio.create_task(device.ask(Kind.HOOK, bytes((n % 2,)))) for n in range(400)]
        await asyncio.sleep(0.1)
        connection = next(c for c in r.premises._connections if c.name == "board client 'test'")  # pyright: ignore[reportPrivateUsage]
        assert connection._pending <= 256  # pyright: ignore[reportPrivateUsage]
        await asyncio.wait(hooks)
        assert all(bodies.reply_of(task.result().body)[0] == Status.OK for task in hooks)


async def test_a_client_that_leaves_before_its_last_words(
    tmp_path: Path, virtual_clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with rig(tmp_path) as r:
        with await deaf_client(r.path) as deaf:
            deaf.send(message(Kind.HELLO, 0, 2, HELLO))
        await asyncio.sleep(2.0)
        assert (await r.exchange.info())["statistics"]["clients"] == 2


async def test_boards_that_are_lost(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        phone = r.exchange.subscriber("2001")
        device = await r.call()
        device.play()
        await r.exchange.lose_boards()
        await r.client.gone.wait()
        await phone.wait_cleared(2.0)
        client = await raw_client(r.path)
        answer = await client.ask(Kind.HELLO, 0, HELLO)
        assert bodies.reply_of(answer.body) == (Status.GONE, "the boards are away")
        await client.close()
        async with RemoteExchange.connect(r.path):  # telephones are no boards
            pass
        await r.exchange.restore_boards()
        async with board_client(r.path) as again:
            assert await (await again.open("dxxxB1C1")).state() == (0, 0)


async def test_a_play_is_refused(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        await r.exchange.refuse_next(42)
        assert (await device.collect(Rules(max_ms=50)).end()).reasons == Reason.MAX_TIME
        ended = await device.play().end()
        assert (ended.reasons, ended.status, ended.digits) == (Reason.ERROR, Status.REFUSED, "42")
        assert (await device.played(sine(0.1))).reasons == Reason.DATA


async def test_a_request_hangs(tmp_path: Path, virtual_clock: VirtualClock) -> None:
    async with rig(tmp_path) as r:
        device = await r.client.open("dxxxB1C1")
        await r.exchange.hang_next("HOOK")
        with pytest.raises(TimeoutError):
            await r.client.ask(Kind.HOOK, device.number, b"\1", timeout_s=5.0)
        assert await device.state() == (0, 0)
        await device.hook(True)
        await r.exchange.hang_next("PLAY")
        hanging = device.play()
        assert (await device.played(sine(0.1))).reasons == Reason.DATA
        assert not hanging.ended.done()
