"""The desk of changes: one certificate at a time, for whoever may, on nobody else's word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from issuers.assessor import Assessor
from issuers.changes.allowance import Allowance
from issuers.changes.reissue import asked_before, corrected, draft_again, keeps_number
from issuers.changes.states import Decision, apply, check_decision
from issuers.issue import Asked, IssuingDesk
from issuers.request import Draft
from keys.errors import Refused
from keys.vault import Vault
from registry.certificate import CertificateRecord, Idempotency
from registry.credential import Face, Reissue, china_date, parse_credential, read_face
from registry.issuance import Issuance
from registry.people import open_holder
from registry.record import Record
from registry.reissuing import Replacement

Changes = Mapping[str, str | None]
"""What a certificate issued again says otherwise: fields of `IssueRequest` with their new values."""


@dataclass(frozen=True)
class ChangeDesk:
    """Suspends, lifts, revokes and issues again."""

    record: Record
    replacement: Replacement
    allowance: Allowance
    issuing: IssuingDesk
    vault: Vault
    clock: Callable[[], datetime]

    def change(self, code: str, decision: Decision) -> CertificateRecord:
        """Suspend, lift or revoke one. Refused as `apply`, and ``state.four_eyes`` for one too many in an hour."""
        check_decision(decision)
        at = self.clock()
        with self.allowance.one(decision.owner, at=at):
            return apply(self.record, code, decision, at)

    def draft(
        self, old: CertificateRecord, assessor: Assessor, decision: Decision, changes: Changes
    ) -> Draft:
        """What the new certificate would say; stores nothing. Refused as `corrected` and `check_request`."""
        check_decision(decision)
        before = asked_before(_face(old), holder := open_holder(self.vault, old.holder, code=old.code))
        asked = corrected(before, changes, decision.reason)
        return draft_again(asked, before, holder, assessor, today=china_date(self.clock()))

    def reissue(
        self,
        old: CertificateRecord,
        assessor: Assessor,
        decision: Decision,
        changes: Changes,
        *,
        idempotency: Idempotency | None = None,
    ) -> CertificateRecord:
        """Issue a certificate again in the place of ``old``, which is superseded in the same transaction.

        Refused as `draft`, ``state.already``, ``issue.already_held``, ``state.four_eyes``.
        """
        if idempotency and (standing := self.record.retried(assessor.id, idempotency)):
            return standing
        draft = self.draft(old, assessor, decision, changes)
        at = self.clock()
        with self.allowance.one(decision.owner, at=at):
            new = self.issuing.prepare(self._asked(old, draft, decision, idempotency), assessor)
            done = self.replacement.replace(old.code, new, decision.change(at))
            if done is None:
                raise Refused("state.already", field="state")
            return done

    def _asked(
        self, old: CertificateRecord, draft: Draft, decision: Decision, idempotency: Idempotency | None
    ) -> Asked:
        reissue = Reissue(old.code, china_date(self.clock()), decision.reason)
        issuance = Issuance(_account(decision), decision.request)
        number = old.number if keeps_number(_face(old), draft) else None
        return Asked(draft, idempotency=idempotency, reissue=reissue, number=number, issuance=issuance)


def _account(decision: Decision) -> str:
    """The account that decided; none where a token did, whose owner stands in its place."""
    return "" if decision.by == decision.owner else decision.by


def _face(record: CertificateRecord) -> Face:
    return read_face(parse_credential(record.credential))
