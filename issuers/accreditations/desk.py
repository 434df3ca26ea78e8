"""The accreditation desk: takes applications and proposals in, counts votes, and lets what was decided take effect.

A vote is one transaction: the case, and where it decides, the assessor's accreditations, the notice to the assessor
and the act in the trail. So no decision is half done, and of two votes at once one sees the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from pymongo.client_session import ClientSession

from issuers.accreditations.life import Act, Asked, Case, Voice, Vote, apply, cast, effect_of
from issuers.accreditations.store import Cases, Filed
from issuers.admission import check_scope
from issuers.assessor import Assessor, AssessorKind, check_assessor
from issuers.notices.store import Notices
from issuers.store import Assessors
from keys.did import did_web
from keys.errors import Refused
from registry.audit.acts import Act as Noted
from registry.audit.acts import Facts
from registry.credential import china_date
from registry.kinds import find_kind
from registry.sequence import Sequence
from registry.services import Registry


@dataclass(frozen=True)
class Actor:
    """Who does it: an account, whom it acts for, and the request's id."""

    name: str
    owner: str
    request: str = ""


@dataclass(frozen=True)
class AccreditationDesk:
    """What the life of accreditations needs from outside, given by the composition root."""

    registry: Registry
    assessors: Assessors
    notices: Notices
    cases: Cases
    numbers: Sequence

    def apply(
        self, assessor: str, asked: Asked, *, statement: str, actor: Actor, replaces: str | None = None
    ) -> Filed:
        """File an application of an admitted assessor, for a new scope or in place of an accreditation.

        Refused as `check_asked`, ``accreditation.unknown``.
        """
        check_asked(asked)
        held = self.assessors.find(assessor).accreditations
        if replaces is not None and all(one.id != replaces for one in held):
            raise Refused("accreditation.unknown", field="accreditation")
        case = Case(self._number(), Act.GRANT, assessor, replaces, asked)
        return self._file(Filed(case, statement, actor.name, self.registry.clock()), actor)

    def apply_for_body(self, body: Assessor, asked: Asked, *, statement: str, actor: Actor) -> Filed:
        """File an application of a body that is not admitted yet; approval admits it.

        Refused as `check_asked`, `check_assessor`, ``assessor.exists``.
        """
        check_asked(asked)
        check_assessor(body)
        if self.assessors.exists(body.id, body.credit_code):
            raise Refused("assessor.exists", field="id")
        words = {
            "name": body.name,
            "kind": body.kind.value,
            "credit_code": body.credit_code,
            "region": body.region,
        }
        case = Case(self._number(), Act.GRANT, body.id, None, asked)
        return self._file(Filed(case, statement, actor.name, self.registry.clock(), words), actor)

    def propose(self, act: Act, assessor: str, accreditation: str, vote: Vote, *, actor: Actor) -> Filed:
        """Propose a suspension, lifting or withdrawal: the case, with the proposer's vote for it.

        Refused ``accreditation.unknown`` and whatever would stand in the way of the decision today.
        """
        case = Case(self._number(), act, assessor, accreditation, None, (vote,))
        held = self.assessors.find(assessor).accreditations
        imagined = replace(case, votes=(vote, replace(vote, by=f"{vote.by} and another")))
        apply(held, imagined, today=self._today())
        return self._file(Filed(case, vote.reason, actor.name, vote.at), actor)

    def vote(self, case_id: str, vote: Vote, *, actor: Actor) -> Filed:
        """Cast a vote; the second alike decides. Refused as `apply` says, and then the vote is not cast either."""
        self._make_key(cast(self.cases.find(case_id).case, vote), self.cases.find(case_id))

        def whole(session: ClientSession) -> Filed:
            filed = self.cases.find(case_id, session=session)
            voted = replace(filed, case=cast(filed.case, vote))
            self._note(session, actor, voted, "voted", why=vote.reason, after=_words(vote))
            if voted.case.decision:
                voted = self._settle(voted, session, actor)
            self.cases.replace(voted, session=session)
            return voted

        return self._together(whole)

    def _settle(self, filed: Filed, session: ClientSession, actor: Actor) -> Filed:
        case, decision, now = filed.case, filed.case.decision, self.registry.clock()
        assert decision is not None  # noqa: S101 - asked for by who calls
        is_approved = decision.voice is Voice.APPROVE
        if is_approved:
            self._take_effect(filed, session)
        what = "approved" if is_approved else "refused"
        self._note(session, actor, filed, what, why=decision.reason, after=_words(decision))
        facts = {"case": case.id, "act": case.act.value, "document": decision.terms.document}
        self.notices.send("accreditation.decided", case.assessor, facts, once=case.id, session=session)
        effect = effect_of(case, decision.terms, self._today()) if is_approved else None
        return replace(filed, decided_at=now, effect=effect)

    def _take_effect(self, filed: Filed, session: ClientSession) -> None:
        case = filed.case
        if filed.body:
            self.assessors.add(self._body(case.assessor, filed), session=session)
        held = self.assessors.find(case.assessor, session=session).accreditations
        changed = apply(held, case, today=self._today())
        self.assessors.set_accreditations(case.assessor, changed, session=session)

    def _make_key(self, case: Case, filed: Filed) -> None:
        # before the transaction, as in `admission.admit`: a key without assessor is nothing
        if filed.body and case.decision and case.decision.voice is Voice.APPROVE:
            did = self._body(case.assessor, filed).did
            self.registry.keyrings.create(case.assessor, did, at=self.registry.clock())

    def _body(self, assessor_id: str, filed: Filed) -> Assessor:
        return make_body(assessor_id, dict(filed.body or {}), self.registry.settings.origin)

    def _file(self, filed: Filed, actor: Actor) -> Filed:
        def whole(session: ClientSession) -> Filed:
            self.cases.add(filed, session=session)
            what = "applied" if filed.case.act is Act.GRANT else "proposed"
            self._note(session, actor, filed, what, why=filed.statement)
            return filed

        return self._together(whole)

    def _note(
        self,
        session: ClientSession,
        actor: Actor,
        filed: Filed,
        what: str,
        *,
        why: str = "",
        after: Facts | None = None,
    ) -> None:
        case = filed.case
        facts = {"case": case.id, "act": case.act.value, "accreditation": case.accreditation, **(after or {})}
        now, subject = self.registry.clock(), f"assessor:{case.assessor}"
        act = Noted(
            f"accreditation.{what}", actor.name, actor.owner, subject, now, why, {}, facts, actor.request
        )
        self.registry.acts.note(act, session=session)

    def _together(self, whole: Callable[[ClientSession], Filed]) -> Filed:
        with self.registry.database.client.start_session() as session:
            return session.with_transaction(whole)

    def _number(self) -> str:
        year = self._today().year
        return f"{year}-{self.numbers.take(f'accreditation cases {year}'):04}"

    def _today(self) -> date:
        return china_date(self.registry.clock())


def make_body(assessor_id: str, words: dict[str, str], origin: str) -> Assessor:
    """A body from the words of an application; its DID lies at ``origin``."""
    return Assessor(
        assessor_id,
        did_web(origin, "assessors", assessor_id),
        words["name"],
        AssessorKind(words["kind"]),
        words["credit_code"],
        words["region"],
    )


def check_asked(asked: Asked) -> None:
    """Refused unless an application asks for something that could be granted: ``accreditation.nothing_asked``,
    ``accreditation.dates``, ``level.required``, ``level.not_for_kind`` and what `check_scope` refuses."""
    check_scope(asked.kind, asked.occupations, asked.levels, asked.region)
    if not asked.occupations:
        raise Refused("accreditation.nothing_asked", field="occupations")
    if find_kind(asked.kind).has_level != bool(asked.levels):
        raise Refused("level.not_for_kind" if asked.levels else "level.required", field="levels")
    if asked.until is not None and asked.until <= asked.start:
        raise Refused("accreditation.dates", field="until")


def _words(vote: Vote) -> Facts:
    terms = vote.terms
    return {
        "voice": vote.voice.value,
        "document": terms.document,
        "effect": terms.effect and terms.effect.isoformat(),
        "until": terms.until and terms.until.isoformat(),
    }


def open_accreditation_desk(registry: Registry, assessors: Assessors, notices: Notices) -> AccreditationDesk:
    """The desk on a registry."""
    numbers = Sequence(registry.database["counters"], block=1)  # committees count their cases without gaps
    return AccreditationDesk(registry, assessors, notices, Cases(registry.database), numbers)
