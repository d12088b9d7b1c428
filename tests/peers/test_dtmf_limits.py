"""Each limit of DTMF reception beside spandsp's receiver, on the same samples."""

from typing import Any

import pytest
from dtmf_accuracy import LIMITS, make_limit, ours, score

pytestmark = pytest.mark.peers


@pytest.mark.parametrize("name", LIMITS)
def test_we_hear_no_less_than_spandsp(spandsp: Any, name: str) -> None:
    limit = LIMITS[name]
    rows, wanted = make_limit(name, "ulaw", 320, seed=1)
    mine = score(ours(rows, dial_tone_filter=limit.filter), wanted)
    peers = score([spandsp.hear_dtmf(row, dial_tone_filter=limit.filter) for row in rows], wanted)
    assert mine >= limit.at_least
    assert mine >= peers
