"""What holds for every test: no leaks, repeatable random cases, and peers that may not be missing in CI."""

import asyncio
import gc
import os
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# Virtual time makes deadlines meaningless, and a failing random case must be repeatable from what it prints.
settings.register_profile("here", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

# numpy's BLAS starts its threads at the first use and keeps them: before any test counts threads.
_ = np.ones((64, 64)) @ np.ones((64, 64))


# --- leaks ---

FDS = Path("/proc/self/fd")
THREADS = Path("/proc/self/task")
GRACE_S = 1.0  # a joined thread or a closed pipe may take the kernel a moment to be gone


def open_files() -> dict[str, str]:
    """Descriptors of this process and what each leads to."""
    found: dict[str, str] = {}
    for entry in FDS.iterdir():
        with suppress(FileNotFoundError):  # the one that listed the folder
            found[entry.name] = str(entry.readlink())
    return found


def running_threads() -> dict[str, str]:
    """Threads of this process by kernel id: those of the C engine too, which Python does not know."""
    return {entry.name: "" for entry in THREADS.iterdir()}


def thread_name(native_id: str) -> str:
    for thread in threading.enumerate():
        if str(thread.native_id) == native_id:
            return thread.name
    with suppress(FileNotFoundError):
        return f"{(THREADS / native_id / 'comm').read_text().strip()}, not started by Python"
    return "ended just now"


def still_there(before: dict[str, str], probe: Callable[[], dict[str, str]]) -> dict[str, str]:
    """What the probe finds that was not there before, after rubbish is collected and a moment has passed."""
    deadline = time.monotonic() + GRACE_S
    collected = False
    while left := dict(probe().items() - before.items()):
        if not collected:  # only now: collecting after every test would cost more than most tests
            gc.collect()
            collected = True
        elif time.monotonic() > deadline:
            return left
        else:
            time.sleep(0.005)  # real time: the kernel is what is waited for
    return {}


@pytest.fixture(scope="session")
def pending_tasks() -> Iterator[list[str]]:
    """Tasks still pending when their loop ends: asyncio.run cancels them silently, close() drops them."""
    found: list[str] = []
    loop_class, runners = asyncio.BaseEventLoop, vars(asyncio.runners)
    close, cancel_all = loop_class.close, runners["_cancel_all_tasks"]

    def note(loop: asyncio.AbstractEventLoop) -> None:
        found.extend(f"task: {task!r}" for task in asyncio.all_tasks(loop))

    def noting_close(loop: asyncio.BaseEventLoop) -> None:
        note(loop)
        close(loop)

    def noting_cancel_all(loop: asyncio.AbstractEventLoop) -> None:
        note(loop)
        cancel_all(loop)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop_class, "close", noting_close)
        patch.setitem(runners, "_cancel_all_tasks", noting_cancel_all)
        yield found


@pytest.fixture(autouse=True)
def no_leaks(pending_tasks: list[str]) -> Iterator[None]:
    """Fail a test after which a task, a thread or a file descriptor is left.

    Nothing is exempt. A thread of the default executor ends with asyncio.run; a loop made by hand shuts its
    executor down. What a fixture of a wider scope opens is there before the test and so does not count.
    """
    pending_tasks.clear()
    threads, files = running_threads(), open_files()
    yield
    left = [f"thread {key}: {thread_name(key)}" for key in still_there(threads, running_threads)]
    left += [f"file descriptor {key}: {target}" for key, target in still_there(files, open_files).items()]
    left += pending_tasks
    if left:
        pytest.fail("the test leaves behind\n  " + "\n  ".join(left), pytrace=False)


# --- peers ---


def fail_if_required(report: pytest.TestReport | pytest.CollectReport) -> None:
    required = os.environ.get("BOARDCORE_REQUIRE_PEERS") == "1"
    if required and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"BOARDCORE_REQUIRE_PEERS=1, but: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under BOARDCORE_REQUIRE_PEERS=1 (CI) a test against a peer that is skipped has failed."""
    report = yield
    if item.get_closest_marker("peers"):
        fail_if_required(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """So has a file that skips itself as a whole: its marks are not known then, so any such file counts."""
    report = yield
    fail_if_required(report)
    return report
