"""Shares of font families."""

from families import FLOOR, LEAST, shares


def test_what_is_read_worse_than_the_mean_gets_more():
    found = {"easy": [100, 0], "fair": [100, 10], "hard": [100, 50], "seldom": [LEAST - 1, 30]}
    rows = {family: share for family, share, _, _ in shares(found)}
    assert rows["easy"] == FLOOR
    assert rows["hard"] == 1
    assert abs(rows["fair"] - 0.25) < 1e-6  # 10% wrong, where the mean is 20%
    assert "seldom" not in rows
