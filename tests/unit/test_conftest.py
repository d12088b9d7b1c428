"""The leak guard and the peer rule of tests/conftest.py: each fails what it must, and nothing else."""

from pathlib import Path

import pytest

CONFTEST = Path(__file__).parent.parent / "conftest.py"

CLEAN = """
import asyncio, os, threading
import pytest

def test_everything_given_back():
    async def main():
        task = asyncio.create_task(asyncio.sleep(0))
        await asyncio.to_thread(int)
        await task
    asyncio.run(main())
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
    os.close(os.eventfd(0))

@pytest.fixture(scope="module")
def shared():
    fd = os.eventfd(0)
    yield fd
    os.close(fd)

def test_wider_fixture(shared):
    assert shared
"""

LEAKS = """
import asyncio, ctypes, os, threading

def test_file():
    os.eventfd(0)

def test_thread():
    threading.Thread(target=threading.Event().wait, daemon=True, name="worker").start()

def test_native_thread():
    libc = ctypes.CDLL(None)
    pause = ctypes.cast(libc.pause, ctypes.c_void_p)
    assert libc.pthread_create(ctypes.byref(ctypes.c_ulong()), None, pause, None) == 0

async def forget():
    global kept
    kept = asyncio.create_task(asyncio.sleep(60), name="forgotten")

def test_task_that_run_cancels():
    asyncio.run(forget())

def test_task_that_close_drops():
    loop = asyncio.new_event_loop()
    loop.run_until_complete(forget())
    loop.close()
"""
SAID = {
    "test_file": "file descriptor *: anon_inode:*eventfd*",
    "test_thread": "thread *: worker",
    "test_native_thread": "thread *: *, not started by Python",
    "test_task_that_run_cancels": "task: <Task pending name='forgotten'*",
    "test_task_that_close_drops": "task: <Task pending name='forgotten'*",
}

PEER = """
import pytest

@pytest.mark.peers
def test_against_peer():
    pytest.skip("no spandsp")

def test_other():
    pytest.skip("not today")
"""


@pytest.fixture
def trial(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with our conftest, to run pytest in as a process of its own."""
    monkeypatch.delenv("BOARDCORE_REQUIRE_PEERS", raising=False)
    pytester.makeconftest(CONFTEST.read_text().replace("GRACE_S = 1.0", "GRACE_S = 0.1"))
    pytester.makeini("[pytest]\nmarkers = peers: needs a peer\n")
    return pytester


def test_a_clean_test_passes(trial: pytest.Pytester) -> None:
    trial.makepyfile(CLEAN)
    trial.runpytest_subprocess().assert_outcomes(passed=2)


def test_a_leak_is_an_error(trial: pytest.Pytester) -> None:
    trial.makepyfile(LEAKS)
    result = trial.runpytest_subprocess("--tb=short")
    result.assert_outcomes(passed=len(SAID), errors=len(SAID))
    for test, said in SAID.items():
        header = f"*ERROR at teardown of {test} *"
        result.stdout.fnmatch_lines([header, "the test leaves behind", f"  {said}"])


@pytest.mark.parametrize(("required", "failed"), [("", 0), ("1", 1)])
def test_ci_may_not_miss_a_peer(
    trial: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, required: str, failed: int
) -> None:
    monkeypatch.setenv("BOARDCORE_REQUIRE_PEERS", required)
    trial.makepyfile(PEER, test_whole_file="import pytest\npytest.importorskip('no_such_module')\n")
    result = trial.runpytest_subprocess("--continue-on-collection-errors")
    result.assert_outcomes(skipped=3 - 2 * failed, failed=failed, errors=failed)
