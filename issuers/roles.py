"""Who somebody is when they have signed in, and for which kind of owner each role exists; pure.

Two people have to agree before many certificates come into being or change: the clerk prepares, the signer approves.
The bureau has its two as well: a registrar decides, an inspector reads everything and changes nothing but draws.
"""

from __future__ import annotations

from enum import StrEnum

from issuers.employers import is_employer
from keys.errors import Refused
from registry.keyrings import REGISTRY


class Role(StrEnum):
    """What an account may do; one a person."""

    REGISTRAR = "registrar"
    INSPECTOR = "inspector"
    CLERK = "clerk"
    SIGNER = "signer"
    EMPLOYER = "employer"


BUREAU = (Role.REGISTRAR, Role.INSPECTOR)
ASSESSOR = (Role.SIGNER, Role.CLERK)


def roles_of(owner: str) -> tuple[Role, ...]:
    """The roles that accounts of an owner may have; the first is what one gets that names none."""
    if owner == REGISTRY:
        return BUREAU
    return (Role.EMPLOYER,) if is_employer(owner) else ASSESSOR


def check_role(owner: str, role: str | None) -> Role:
    """The role, where the owner has it. Refused ``account.role``."""
    offered = roles_of(owner)
    if role is None:
        return offered[0]
    if role not in offered:
        raise Refused("account.role", field="role", offered=", ".join(offered))
    return Role(role)
