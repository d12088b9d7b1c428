"""`boardcore abi-coverage`, `boardcore abi-path`: which of a vendor's functions the library has, where it lies."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from cffi import FFI
from rich.console import Console
from rich.table import Table

from boardcore_simulators.vendor_abi import dialogic_folder, dialogic_library

__all__ = ["GroupCoverage", "abi_coverage", "abi_path", "dialogic_coverage"]


@dataclass(frozen=True, slots=True)
class GroupCoverage:
    """One library of a vendor's API: the names of its functions, by whether ours exports them."""

    group: str
    implemented: list[str]
    missing: list[str]


def read_groups(path: Path) -> dict[str, list[str]]:
    """Read names by group: a line `[group]`, then a name a line."""
    groups: dict[str, list[str]] = {}
    names: list[str] = []
    for line in path.read_text().split("\n"):
        if line.startswith("["):
            names = groups.setdefault(line.strip("[]"), [])
        elif line:
            names.append(line)
    return groups


def dialogic_coverage() -> list[GroupCoverage]:
    """Look up every function of the vendor's API in the built library."""
    groups = read_groups(Path(__file__).with_name("dialogic_functions.txt"))
    found = exported(dialogic_library(), [name for names in groups.values() for name in names])
    return [
        GroupCoverage(group, [n for n in names if n in found], [n for n in names if n not in found])
        for group, names in groups.items()
    ]


def exported(path: Path, names: list[str]) -> set[str]:
    """Of names, those that a shared library, or one that it brings with it, exports."""
    ffi = FFI()
    ffi.cdef("".join(f"void {name}(void);" for name in names))  # the types do not matter: nothing is called
    library = ffi.dlopen(str(path))
    return {name for name in names if hasattr(library, name)}


def only_dialogic(vendor: str) -> None:
    if vendor != "dialogic":
        raise ValueError(f"no simulated library for {vendor!r}; there is: dialogic")


def abi_coverage(
    vendor: Annotated[str, typer.Argument(help="Whose API: dialogic.")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show which functions of a vendor's API the simulated library has, and which are missing."""
    only_dialogic(vendor)
    groups = dialogic_coverage()
    if as_json:
        print(json.dumps([asdict(group) for group in groups], indent=1))
        return
    table = Table("library", "implemented", "missing", show_lines=True)
    for group in groups:
        table.add_row(group.group, " ".join(group.implemented), " ".join(group.missing))
    Console().print(table)
    done = sum(len(group.implemented) for group in groups)
    print(f"{done} of {done + sum(len(group.missing) for group in groups)} functions implemented")


def abi_path(
    vendor: Annotated[str, typer.Argument(help="Whose API: dialogic.")],
    flags: Annotated[bool, typer.Option("--flags", help="What a C compiler needs, instead of the folder.")] = False,
) -> None:
    """Show where the simulated library of a vendor's API lies, or how to compile a C program against it."""
    only_dialogic(vendor)
    dialogic_library()
    folder = dialogic_folder()
    print(f"-I{folder / 'include'} -L{folder} -Wl,-rpath,{folder} -ldxxx -lsrl" if flags else folder)
