"""Read the indexes of the spoken prompts that ship with the library.

Each language is a folder beside this file: 8 kHz mono A-law WAV files and an `index.toml` that names them.
Both are written by `tools/make_prompts.py`.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType

_ROOT = Path(__file__).resolve().parent
_INDEX = "index.toml"


@dataclass(frozen=True, slots=True)
class Prompt:
    """One spoken prompt.

    Attributes:
        id: Name that is the same in every language, such as `welcome` or `digit_7`.
        path: The audio: WAV, A-law, mono, 8000 samples a second.
        text: The words spoken, in the language's own script.
        duration_s: Length of the audio, with the 50 ms of silence at each end.
    """

    id: str
    path: Path
    text: str
    duration_s: float


@cache
def languages() -> tuple[str, ...]:
    """Name the languages that prompts exist in, sorted."""
    return tuple(sorted(index.parent.name for index in _ROOT.glob(f"*/{_INDEX}")))


def prompt_index(language: str = "en") -> Mapping[str, Prompt]:
    """Return every prompt of a language by id, read-only, in the order of the index file.

    Raises:
        ValueError: There are no prompts in `language`.
    """
    known = languages()
    if language not in known:
        hint = f"{_near(language, known)}; there is {', '.join(known)}"
        raise ValueError(f"unknown prompt language {language!r}{hint}")
    return _load(language)


def prompt_path(prompt_id: str, language: str = "en") -> Path:
    """Return the WAV file of one prompt.

    Raises:
        ValueError: There is no such prompt, or there are no prompts in `language`.
    """
    index = prompt_index(language)
    if prompt_id not in index:
        hint = _near(prompt_id, index) or f"; prompt_index({language!r}) lists all {len(index)}"
        raise ValueError(f"unknown prompt {prompt_id!r} in language {language!r}{hint}")
    return index[prompt_id].path


def _near(wanted: str, known: Iterable[str]) -> str:
    near = get_close_matches(wanted.lower(), list(known), n=4, cutoff=0.5)
    return f"; near matches: {', '.join(near)}" if near else ""


@cache
def _load(language: str) -> Mapping[str, Prompt]:
    folder = _ROOT / language
    table = tomllib.loads((folder / _INDEX).read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            prompt_id: Prompt(prompt_id, folder / entry["file"], entry["text"], float(entry["duration_s"]))
            for prompt_id, entry in table["prompts"].items()
        }
    )
