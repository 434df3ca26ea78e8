from dataclasses import replace

import pytest

from issuers.assessor import KIND_NAMES, AssessorKind, check_assessor
from keys.errors import Refused


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": "S00003300000"}, "number.body"),
        ({"id": "X000033000002"}, "number.body"),
        ({"id": "S000099000002"}, "number.province"),
        ({"id": "Y000033000002"}, "assessor.letter"),
        ({"kind": AssessorKind.ENTERPRISE}, "assessor.letter"),
        ({"name": ""}, "assessor.name_length"),
        ({"name": "协" * 101}, "assessor.name_length"),
        ({"name": "中国国家职业资格中心"}, "title.forbidden_words"),
        ({"credit_code": "51330000500000015J"}, "credit_code.checksum"),
        ({"region": "999999"}, "place.unknown"),
    ],
)
def test_what_is_wrong_is_named(association, changes, code):
    with pytest.raises(Refused) as caught:
        check_assessor(replace(association, **changes))
    assert caught.value.code == code


def test_a_right_one_passes(association):
    assert check_assessor(association) == association


def test_every_kind_has_both_names():
    assert set(KIND_NAMES) == {kind.value for kind in AssessorKind}
    assert all(names["zh"] and names["en"] for names in KIND_NAMES.values())
