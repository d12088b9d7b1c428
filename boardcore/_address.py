"""Board addresses: `scheme:name?option=value&option=value`, checked against the driver's options."""

from __future__ import annotations

import dataclasses
import difflib
import typing
from typing import Any
from urllib.parse import parse_qsl

from boardcore.errors import AddressError

__all__ = ["parse_options", "split_address"]


def split_address(address: str) -> tuple[str, str]:
    """Scheme and the rest."""
    if not isinstance(address, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"a board address is a str like 'sim:analog?lines=4', not {type(address).__name__}")
    scheme, colon, rest = address.partition(":")
    if not colon or not scheme:
        raise AddressError(f"board address {address!r} has no scheme: wanted something like 'sim:analog?lines=4'")
    return scheme, rest


def near(word: str, known: list[str]) -> str:
    """', did you mean ...?' or nothing."""
    found = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {found[0]!r}?" if found else ""


def _convert(name: str, text: str, wanted: type) -> Any:
    try:
        if wanted is bool:
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[text.lower()]
        return wanted(text)
    except (ValueError, KeyError):
        raise AddressError(f"option {name}={text!r}: wanted {wanted.__name__}") from None


def parse_options(address: str, rest: str, options_type: type[Any]) -> Any:
    """Make the driver's options from the part after the scheme."""
    name, _, query = rest.partition("?")
    hints = typing.get_type_hints(options_type)
    known = [field.name for field in dataclasses.fields(options_type)]
    values: dict[str, Any] = {"name": name} if name else {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError as error:
        raise AddressError(f"board address {address!r}: {error}: wanted option=value&option=value") from None
    for key, text in pairs:
        if key not in known or key == "name":
            shown = ", ".join(k for k in known if k != "name")
            raise AddressError(f"board address {address!r}: no option {key!r}{near(key, known)} (there are: {shown})")
        if key in values:
            raise AddressError(f"board address {address!r}: option {key!r} is given twice")
        values[key] = _convert(key, text, hints[key])
    try:
        return options_type(**values)
    except (ValueError, TypeError) as error:
        raise AddressError(f"board address {address!r}: {error}") from None
