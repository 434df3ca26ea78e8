"""Which roles the accounts of an owner may have."""

import pytest

from issuers.roles import Role, check_role
from keys.errors import Refused

ASSESSOR = "S000033000002"


@pytest.mark.parametrize(
    ("owner", "role", "found"),
    [
        ("registry", None, Role.REGISTRAR),
        ("registry", "inspector", Role.INSPECTOR),
        (ASSESSOR, None, Role.SIGNER),
        (ASSESSOR, "clerk", Role.CLERK),
        ("employer:acme", None, Role.EMPLOYER),
    ],
)
def test_a_role_of_the_owner(owner, role, found):
    assert check_role(owner, role) is found


@pytest.mark.parametrize(
    ("owner", "role"),
    [("registry", "signer"), (ASSESSOR, "registrar"), (ASSESSOR, "x"), ("employer:acme", "clerk")],
)
def test_a_role_of_another_owner_is_refused(owner, role):
    with pytest.raises(Refused, match=r"account\.role"):
        check_role(owner, role)
