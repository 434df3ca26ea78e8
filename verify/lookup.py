"""The look-up, as on the national site: any two of number, name and document number.

What everybody may know is said: that a number is malformed, or of a body that issues nothing here. Whether a number
or a person exists is not: a wrong name, a wrong document number and an unknown number get the same words after the
same work. How far an assessor's serials have come would tell that too, so a number "not issued yet" is an unknown one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from keys.errors import Refused
from registry.certificate import CertificateRecord
from registry.folding import narrow
from registry.guesses import PER_ADDRESS, Counted, Guesses, Limit
from registry.identity import Identity, IdType
from registry.names import same_name
from registry.number import ParsedNumber, parse_any_number
from registry.people import SealedHolder, open_holder, person_key, seal_holder
from registry.services import Registry
from registry.state import State
from verify.verdict import Check, Outcome, Result, Verdict

# Always so many are opened, found or not: a person's certificates, newest first. More than ten of one person are not
# looked through; each has its own page and number.
MOST_OF_A_PERSON = 10
# Ten tries at one number from anywhere in an hour: of the 100 commonest surnames with the 100 commonest given names
# a guesser gets through one in a thousand an hour. The page that the QR opens is not touched by it.
PER_SUBJECT = Limit(10, timedelta(hours=1))
NATIONAL_SITE = (
    "jndj.osta.org.cn"  # 职业技能等级证书全国联网查询, the national look-up for level certificates
)


@dataclass(frozen=True)
class Question:
    """What was given; ``holder`` is a name or a document number, whichever it turns out to be."""

    number: str | None = None
    name: str | None = None
    id_number: str | None = None
    holder: str | None = None

    @property
    def is_enough(self) -> bool:
        """Whether two were given."""
        return sum(given is not None for given in vars(self).values()) > 1

    def fits(self, person: SealedHolder) -> bool:
        """Whether the person is the one given. Every comparison is made, whatever the others found."""
        id_number = _normalise(person.id_number)
        return all(
            [
                self.name is None or same_name(person.name, self.name),
                self.id_number is None or id_number == _normalise(self.id_number),
                self.holder is None
                or any([same_name(person.name, self.holder), id_number == _normalise(self.holder)]),
            ]
        )


@dataclass(frozen=True)
class Answer:
    """The verdict, and the certificates that fit besides (only without a number): code and outcome."""

    verdict: Verdict
    others: tuple[tuple[str, Outcome], ...] = ()


class LookUp:
    """Looks certificates up in the record for who knows two things of three."""

    def __init__(
        self,
        registry: Registry,
        issues_here: Callable[[str], bool],
        judge: Callable[[CertificateRecord, datetime, date | None], Verdict],
    ) -> None:
        self._registry = registry
        self._issues_here = issues_here
        self._judge = judge
        self.guesses = Guesses(registry.database, registry.vault)
        code = secrets.token_urlsafe(16)
        identity = Identity(IdType.RESIDENT_ID, "0" * 18)
        self._nobody = (seal_holder(registry.vault, "无此人", identity, code=code), code)

    def ask(self, question: Question, *, client: str, at: datetime, day: date | None = None) -> Answer:
        """The answer for ``client`` (a network address). Refused ``lookup.both_needed``, ``lookup.too_many``."""
        if not question.is_enough:
            raise Refused("lookup.both_needed", field="number")
        number = None
        if question.number is not None:
            try:
                number = self._own_number(question.number)
            except Refused as refused:
                return Answer(_unknown(refused, at))
        counted = _counted(question, client)
        if seconds := self.guesses.begin(counted, at=at):
            raise Refused("lookup.too_many", retry_after=seconds)
        fitting = self._find(number, question)
        if not fitting:
            return Answer(_unknown(Refused("lookup.no_match"), at))
        self.guesses.forgive(counted, at=at)
        first, *others = fitting
        verdict = self._judge(first, at, day)
        return Answer(verdict, tuple((one.code, self._judge(one, at, None).outcome) for one in others))

    def _own_number(self, text: str) -> ParsedNumber:
        """Refused ``number.*``, ``lookup.not_issued_here``."""
        number = parse_any_number(text)
        if number.body is None or not self._issues_here(number.body):
            raise Refused("lookup.not_issued_here", site=NATIONAL_SITE)
        return number

    def _find(self, number: ParsedNumber | None, question: Question) -> list[CertificateRecord]:
        if number is not None:
            found = self._registry.record.find_by_number(number.text)
            return self._fitting([found] if found else [], question, most=1)
        vault, id_number = self._registry.vault, _normalise(question.id_number or "")
        keys = [person_key(vault, id_type, id_number) for id_type in IdType]
        held = self._registry.record.of_person(keys)[:MOST_OF_A_PERSON]
        fitting = self._fitting(held, question, most=MOST_OF_A_PERSON)
        return sorted(
            fitting, key=lambda one: one.state is not State.VALID
        )  # those in force first, else as they are

    def _fitting(
        self, found: Sequence[CertificateRecord], question: Question, *, most: int
    ) -> list[CertificateRecord]:
        """Those of ``found`` that fit; the work is that for ``most``, however many there are."""
        nobody = [self._nobody] * (most - len(found))
        sealed = [*((one.holder, one.code) for one in found), *nobody]
        fits = [
            question.fits(open_holder(self._registry.vault, holder, code=code)) for holder, code in sealed
        ]
        return [one for one, is_it in zip(found, fits, strict=False) if is_it]


def _counted(question: Question, client: str) -> list[Counted]:
    subject = question.number or question.id_number or ""
    return [(PER_ADDRESS, f"client {client}"), (PER_SUBJECT, f"subject {_normalise(subject)}")]


def _unknown(refused: Refused, at: datetime) -> Verdict:
    return Verdict(Outcome.UNKNOWN, at, (Check("record", Result.FAILED, refused.code, refused.params),))


def _normalise(text: str) -> str:
    return "".join(narrow(text).split()).upper()
