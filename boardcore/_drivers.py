"""Drivers by entry point; boardcore itself imports none."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from boardcore._address import near
from boardcore.errors import AddressError, DriverError
from boardcore.ports.contract import CONTRACT_VERSION, Driver

__all__ = ["driver_names", "find_driver"]

GROUP = "boardcore.drivers"


def driver_names() -> list[str]:
    """Schemes of the drivers that are installed."""
    return sorted({entry.name for entry in entry_points(group=GROUP)})


def find_driver(scheme: str) -> Driver[Any]:
    """Load a driver.

    Raises:
        AddressError: none of that name is installed.
        DriverError: it is there but cannot be loaded, or speaks another version of the contract.
    """
    for entry in entry_points(group=GROUP):
        if entry.name == scheme:
            try:
                driver: Driver[Any] = entry.load()()
            except Exception as error:
                raise DriverError(f"driver {scheme!r} cannot be loaded: {error}") from error
            if driver.contract_version != CONTRACT_VERSION:
                wants = f"version {driver.contract_version} of the contract, this is {CONTRACT_VERSION}"
                raise DriverError(f"driver {scheme!r} is made for {wants}")
            return driver
    names = driver_names()
    raise AddressError(f"no driver {scheme!r}{near(scheme, names)} (installed: {', '.join(names) or 'none'})")
