"""New rules are recorded; recorded rules stay."""

import pytest

from keys.errors import Refused
from registry.policy.digests import extend_digests
from registry.policy.loading import digests_of, load_policies

POLICIES = load_policies()
RECORDED = digests_of(POLICIES)
ONE = "zhejiang-2021-golden-blue/ZJ-01@2021-03-29"


def test_a_new_row_is_added():
    fewer = {name: digest for name, digest in RECORDED.items() if name != ONE}
    assert extend_digests(POLICIES, fewer) == RECORDED


@pytest.mark.parametrize("recorded", [RECORDED | {ONE: "00"}, RECORDED | {"gone": "00"}])
def test_a_changed_or_missing_row_is_refused(recorded):
    with pytest.raises(Refused, match=r"policy\.edited"):
        extend_digests(POLICIES, recorded)
