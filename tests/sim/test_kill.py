"""A recording process that is killed leaves files that any WAV reader opens; a thousand kills are in tests/soak."""

from pathlib import Path

from kills import MAY_BE_LOST_S, kill_many

KILLS = 50


def test_recordings_survive_kills(tmp_path: Path) -> None:
    kills = kill_many(tmp_path, KILLS, seed=20_000)
    assert not [kill for kill in kills if kill.wrong]
    worst_s = max(kill.missing_s for kill in kills)
    assert worst_s <= MAY_BE_LOST_S
    print(f"{KILLS} kills; of what was recorded at most {worst_s:.2f} s were missing")
