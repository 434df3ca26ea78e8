"""One of each thing that somebody owns, with its real id: what others must not reach."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

from issuers.accreditations.desk import Actor
from issuers.accreditations.life import Asked
from issuers.changes.reasons import Act
from issuers.changes.states import Decision
from issuers.employers import Employer
from keys.pair import Algorithm, PrivateKey
from registry.credential import china_date
from registry.sharing.shares import Shares
from registry.workers.accounts import Credentials, new_account_id
from registry.workers.helping import start_recovery
from registry.workers.recoveries import Desk
from registry.workers.requests import RequestKind, Subject
from tests.access_check import check_access
from tests.integration.conftest import House, make_body
from tests.integration.issuers.batches.test_batches import line, make_list

WORKER = "test"


def make_belongings(
    house: House, employer: Employer, certificate: dict[str, str], archive: str
) -> dict[str, dict[str, str]]:
    """Ids by argument, for every blueprint (under "") or for one of that name."""
    services, holder = house.services, make_body()["holder"]
    return {
        "": {
            "batch_id": make_batch(house),
            "many_id": make_change(house, certificate["code"]),
            "job_id": make_check(house, employer, certificate["code"]),
            "request_id": make_request(house, certificate, archive),
            "recovery_id": make_recovery(house, archive),
            "share_id": make_share(house, certificate["code"], archive),
            "session_id": "spring-1",
        },
        "accreditations": {"case": make_case(house)},
        "committee": {"case": make_case(house)},
        "own_keys": {"offer_id": make_offer(house)},
        "key_desk": {"offer_id": make_offer(house)},
        "employer_access": {"check_id": check_access(services, holder, employer.owner)},
        "access": {"check_id": check_access(services, holder, "registry")},
        "ledger_api": {"check_id": check_access(services, holder, "registry")},
    }


def make_batch(house: House) -> str:
    """A list with a mistake, checked, waiting for its signer."""
    desk, college = house.services.batches, house.issuers.find_assessor(house.college)
    listed = make_list(2, line(3, level="9"))
    batch = desk.receive(BytesIO(listed), college, by="clerk", name="list.csv")
    while desk.work_once(WORKER):
        pass
    return batch


def make_change(house: House, code: str) -> str:
    """A change of many that waits for a second person."""
    decision = Decision(Act.SUSPEND, "lax_exam", "clerk", house.college)
    return house.issuers.many.prepare(decision, [code], about="level=3")


def make_check(house: House, employer: Employer, code: str) -> str:
    """An employer's list, checked to its end."""
    desk = house.services.bulk
    job = desk.receive(BytesIO(f"code\n{code}\n".encode()), employer, by="buyer")
    while desk.work_once(WORKER):
        pass
    return job


def make_request(house: House, certificate: dict[str, str], archive: str) -> str:
    """A worker's objection, to be answered by the assessor."""
    subject = Subject(house.college, certificate["code"], certificate["number"])
    requests = house.services.workers.requests
    return requests.open((archive,), RequestKind.OBJECTION, subject, "等级不符", at=house.clock()).id


def make_recovery(house: House, archive: str) -> str:
    """A worker with an account who is let in again, begun by a colleague at the assessor."""
    desk, holder = house.services.workers, make_body()["holder"]
    whose = desk.archives.archives.get(archive)
    desk.accounts.make(whose, Credentials(password="none"), at=house.clock(), id=new_account_id())
    person = desk.archives.person(holder["id_type"], holder["id_number"], holder["name"])
    return start_recovery(desk, person, Desk("colleague", house.college)).id


def make_share(house: House, code: str, archive: str) -> str:
    """A link that shows a part of the certificate."""
    shares = Shares(house.database, house.registry.vault)
    made = shares.make(archive, code, preset="occupation", purpose="x", hours=24, views=5, at=house.clock())
    return made.id


def make_case(house: House) -> str:
    """An application that the committee has not decided."""
    today = china_date(house.clock())
    asked = Asked(
        "skill_level", frozenset({("4-10-01-05", "2022")}), frozenset({"5"}), "330000", today,
        today + timedelta(days=365),
    )  # fmt: skip
    actor = Actor("signer", house.college, "")
    accreditations = house.issuers.accreditations
    return accreditations.apply(house.college, asked, statement="x", actor=actor, replaces=None).case.id


def make_offer(house: House) -> str:
    """A key of the assessor's own, not proved yet."""
    public = PrivateKey.generate(Algorithm.ED25519).public
    return house.issuers.offers.offer(house.college, public.multikey, by="signer", at=house.clock()).id
