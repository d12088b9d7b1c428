"""pytest plug-in: the fixture `virtual_clock`, and async tests that ask for it run in virtual time."""

from __future__ import annotations

import inspect

import pytest

from boardcore.testing.clock import VirtualClock

__all__ = ["virtual_clock"]


@pytest.fixture
def virtual_clock() -> VirtualClock:
    """A `VirtualClock`. An `async def` test that has this fixture is run by it."""
    return VirtualClock()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj) or "virtual_clock" not in pyfuncitem.funcargs:
        return None
    clock = pyfuncitem.funcargs["virtual_clock"]
    assert isinstance(clock, VirtualClock)  # it is our fixture
    names = pyfuncitem._fixtureinfo.argnames  # pyright: ignore[reportPrivateUsage]
    clock.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True
