"""From one law to the other beside sox, which decodes and encodes again."""

import shutil
import subprocess
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
import pytest

from boardcore.dsp import alaw_to_ulaw, ulaw_to_alaw

pytestmark = pytest.mark.peers
CODES = np.arange(256, dtype=np.uint8)


@pytest.fixture(autouse=True)
def has_sox(need: Callable[[str], NoReturn]) -> None:
    if shutil.which("sox") is None:
        need("no sox (apt-get install sox)")


def by_sox(coming: str, going: str) -> Any:
    raw = ("-r", "8000", "-c", "1", "-t")
    command = ["sox", "-D", *raw, coming, "-", *raw, going, "-"]
    done = subprocess.run(command, input=CODES.tobytes(), capture_output=True, check=True, timeout=60)
    return np.frombuffer(done.stdout, np.uint8)


@pytest.mark.parametrize(
    ("convert", "coming", "going", "inverted"), [(alaw_to_ulaw, "al", "ul", 0x7F), (ulaw_to_alaw, "ul", "al", 0x55)]
)
def test_the_tables_are_never_more_than_a_step_from_sox(
    convert: Callable[..., Any], coming: str, going: str, inverted: int
) -> None:
    ours, theirs = convert(CODES), by_sox(coming, going)
    assert theirs.size == 256
    number = [((codes ^ inverted) & 0x7F).astype(int) for codes in (ours, theirs)]
    assert np.abs(number[0] - number[1]).max() == 1
    mu_zero = np.isin(CODES, (0x7F, 0xFF)) & (coming == "ul")  # mu-law has two zeros, linear samples have one
    assert np.array_equal((ours & 0x80)[~mu_zero], (theirs & 0x80)[~mu_zero])
