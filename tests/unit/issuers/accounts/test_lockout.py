"""How long the next attempt waits."""

from issuers.accounts.lockout import PER_ACCOUNT, PER_ADDRESS, PER_CODE, seconds_after


def test_the_first_attempts_are_free_then_each_waits_twice_as_long_up_to_an_end():
    waits = [seconds_after(PER_ACCOUNT, attempts) for attempts in range(1, 17)]
    assert waits == [0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    assert seconds_after(PER_ACCOUNT, 10_000) == 900


def test_a_day_of_guessing_stays_below_what_nist_allows():
    for limit in (PER_ACCOUNT, PER_CODE):
        attempts, passed = 0, 0.0
        while passed < 24 * 3600:
            attempts += 1
            passed += seconds_after(limit, attempts)
        assert attempts <= 110


def test_an_office_behind_one_address_comes_in_at_once():
    assert sum(seconds_after(PER_ADDRESS, attempts) for attempts in range(1, PER_ADDRESS.free)) == 0
