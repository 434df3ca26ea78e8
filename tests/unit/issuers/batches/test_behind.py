import threading

import pytest

from issuers.batches.behind import Behind


def test_one_after_the_other_beside_the_caller():
    done, begun, go = [], threading.Event(), threading.Event()

    def slow():
        begun.set()
        go.wait(10)
        done.append("slow")

    with Behind() as behind:
        behind.do(slow)
        assert begun.wait(10)
        assert done == []
        go.set()
        behind.do(done.append, "next")
        assert done[0] == "slow"
    assert done == ["slow", "next"]


def run(*acts, own=None):
    with Behind() as behind:
        for act in acts:
            behind.do(act)
        if own:
            raise own


def fail():
    raise OSError("disk")


@pytest.mark.parametrize("acts", [1, 2])
def test_what_an_act_raises_is_raised(acts):
    with pytest.raises(OSError, match="disk"):
        run(*[fail] * acts)


def test_an_error_of_the_caller_is_its_own():
    with pytest.raises(ValueError, match="own"):
        run(fail, own=ValueError("own"))
