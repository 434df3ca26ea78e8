"""The catalogue of reasons: why the state of a certificate changes, and who may give which. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from issuers.roles import Role
from keys.errors import Refused
from registry.keyrings import REGISTRY


class Act(StrEnum):
    """What is done to a certificate that exists."""

    SUSPEND = "suspend"
    LIFT = "lift"
    REVOKE = "revoke"
    REISSUE = "reissue"


# A clerk may stop a certificate at once; what cannot be undone, or undoes, is for who signs. Only an assessor issues.
MAY: Mapping[Act, tuple[Role, ...]] = {
    Act.SUSPEND: (Role.CLERK, Role.SIGNER, Role.REGISTRAR),
    Act.LIFT: (Role.SIGNER, Role.REGISTRAR),
    Act.REVOKE: (Role.SIGNER, Role.REGISTRAR),
    Act.REISSUE: (Role.SIGNER,),
}


@dataclass(frozen=True)
class Reason:
    """Why a state changes: words for the page, the acts it serves for, and the side that may give it ("" both)."""

    code: str
    zh: str
    en: str
    acts: tuple[Act, ...]
    by: str = ""

    def serves(self, act: Act, owner: str) -> bool:
        """Whether who acts for ``owner`` may give it for ``act``."""
        side = "registry" if owner == REGISTRY else "assessor"
        return act in self.acts and self.by in ("", side)


@cache
def reasons() -> dict[str, Reason]:
    """The catalogue of reasons, by code."""
    rows = tomllib.loads((files("issuers") / "data" / "reasons.toml").read_text("utf-8"))
    return {
        code: Reason(code, row["zh"], row["en"], tuple(map(Act, row["acts"])), row.get("by", ""))
        for code, row in rows.items()
    }


def reasons_for(act: Act, owner: str) -> list[Reason]:
    """The reasons that who acts for ``owner`` may choose from."""
    return [reason for reason in reasons().values() if reason.serves(act, owner)]


def check_reason(act: Act, code: str, owner: str) -> str:
    """The code, where it may be given. Refused ``state.reason_unknown``."""
    offered = [reason.code for reason in reasons_for(act, owner)]
    if code not in offered:
        raise Refused("state.reason_unknown", field="reason", known=", ".join(offered))
    return code


def check_role(act: Act, role: Role) -> None:
    """Refused ``state.role`` where the role may not do it."""
    if role not in MAY[act]:
        raise Refused("state.role")
