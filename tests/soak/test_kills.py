"""As tests/sim/test_kill.py, a thousand times: with moments of its own, so that kills hit writes under way."""

from pathlib import Path

import pytest
from kills import kill_many

KILLS = 1000


@pytest.mark.soak
def test_a_thousand_kills(tmp_path: Path) -> None:
    kills = kill_many(tmp_path, KILLS, seed=100_000)
    assert not [kill for kill in kills if kill.wrong]
    print(f"{KILLS} kills; of what was recorded at most {max(kill.missing_s for kill in kills):.2f} s were missing")
