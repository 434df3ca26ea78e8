"""One person, one archive, on a real database: 32 writers at once, merges under audit, merges taken back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier

import pytest

from keys.errors import Refused
from keys.vault import Vault
from registry.archive.desk import open_archive_desk
from registry.identity import parse_identity
from registry.ledgers.account import Account, Line
from registry.policy.credits import Result
from registry.record import Record

AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
ON = date(2026, 11, 22)
OLD, NEW = "150102199901010014", "15010319900101004X"
POST = {
    "post": "chief",
    "employer": "示例公司",
    "occupation": "6-31-01-03",
    "region": "441900",
    "from": "2026-01-01",
}


@pytest.fixture
def desk(database):
    made = open_archive_desk(database, Vault(b"v" * 32), Record(database), lambda: AT)
    made.record.prepare()
    made.prepare()
    return made


def identity(number=OLD):
    return parse_identity("resident_id", number, on=ON)


def make_line(number, certificate="C1"):
    return Line(
        id=number,
        certificate=certificate,
        kind="skill_level",
        occupation="6-31-01-03",
        job=None,
        level="3",
        subsidy="training",
        rule="ZJ-03",
        rule_digest="0" * 64,
        region="330000",
        granted_on=ON,
        payee="person",
        enterprise=None,
        fund=None,
        approved=None,
        exception_by=None,
    )


def test_thirty_two_writers_make_one_archive(desk, database):
    start = Barrier(32)

    def open_at_once(_):
        start.wait()
        return desk.archives.open("王小明", identity(), by="clerk", at=AT).code

    with ThreadPoolExecutor(32) as pool:
        codes = set(pool.map(open_at_once, range(32)))
    assert len(codes) == 1
    assert database["archives"].count_documents({}) == 1
    assert [row.act for row in desk.archives.audit(desk.archives.get(codes.pop()))] == ["open"]


def test_the_database_holds_no_name_and_no_number_in_clear(desk, database):
    archive = desk.archives.open("王小明", identity(), by="clerk", at=AT)
    desk.add_entry(archive, "post", POST, source="任命书", by="clerk")
    everything = repr([list(database[name].find()) for name in database.list_collection_names()])
    assert "王小明" not in everything
    assert OLD not in everything


def make_two(desk):
    """A kept archive and a duplicate with an entry, a subsidy line and credits."""
    kept = desk.archives.open("王小明", identity(OLD), by="clerk", at=AT)
    gone = desk.archives.open("王小明", identity(NEW), by="clerk", at=AT)
    desk.add_entry(gone, "post", POST, source="任命书", by="clerk")
    desk.accounts.save(Account(gone.code, (make_line("line-1"),)))
    desk.credits.earn(
        lambda: gone.code, Result("C1", "skill_level", "6-31-01-03", "3", ON), credits_=4, rule="r", on=ON
    )
    return kept, gone


def merge_row(desk, kept):
    return next(row for row in desk.archives.audit(desk.archives.get(kept.code)) if row.act == "merge")


def test_a_merge_loses_nothing_and_the_old_code_goes_on_answering(desk):
    kept, gone = make_two(desk)
    merged = desk.merging.merge(kept.code, gone.code, why="同一人两个证件", by="clerk", at=AT)
    assert desk.archives.get(gone.code) == merged
    assert merged.aliases == (gone.code,)
    assert {desk.archives.find(identity(number)).code for number in (OLD, NEW)} == {kept.code}
    assert [entry.kind for entry in desk.archives.entries(merged)] == ["post"]
    assert [line.id for line in desk.accounts.load(kept.code).lines] == ["line-1"]
    assert desk.accounts.load(gone.code).lines == ()
    assert desk.credits.load(kept.code).balance == 4


def test_the_audit_row_says_who_when_why_and_names_no_person(desk):
    kept, gone = make_two(desk)
    desk.merging.merge(kept.code, gone.code, why="同一人两个证件", by="clerk", at=AT)
    row = merge_row(desk, kept)
    assert (row.act, row.by, row.at, row.why) == ("merge", "clerk", AT, "同一人两个证件")
    assert row.before["from"] == gone.code
    assert row.after["into"] == kept.code
    assert row.after["lines"] == ["line-1"]
    assert "王小明" not in repr(row)


def test_a_merge_is_taken_back_by_its_audit_row(desk):
    kept, gone = make_two(desk)
    before = [desk.accounts.load(gone.code).lines, desk.credits.load(gone.code).entries]
    desk.merging.merge(kept.code, gone.code, why="同一人", by="clerk", at=AT)
    row = merge_row(desk, kept)
    again = desk.merging.undo(row.id, why="不是同一人", by="clerk", at=AT)
    assert again.code == gone.code
    assert again.keys == gone.keys
    assert desk.archives.get(kept.code).keys == kept.keys
    assert desk.archives.get(kept.code).aliases == ()
    assert [entry.kind for entry in desk.archives.entries(again)] == ["post"]
    assert desk.archives.entries(desk.archives.get(kept.code)) == ()
    assert [desk.accounts.load(gone.code).lines, desk.credits.load(gone.code).entries] == before
    with pytest.raises(Refused, match=r"archive\.not_a_merge"):
        desk.merging.undo(row.id, why="又一次", by="clerk", at=AT)


def test_merges_at_once_go_through_once(desk):
    kept, gone = make_two(desk)
    start = Barrier(4)

    def merge(pair):
        start.wait()
        try:
            desk.merging.merge(*pair, why="同一人", by="clerk", at=AT)
        except Refused as refused:
            return refused.code
        return "merged"

    pairs = [(kept.code, gone.code), (gone.code, kept.code)] * 2
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(merge, pairs))
    assert told.count("merged") == 1
    assert set(told) <= {"merged", "archive.same", "ledger.busy"}
    merged = desk.archives.find(identity(OLD))
    assert set(merged.keys) == {*kept.keys, *gone.keys}
    assert len(desk.accounts.load(merged.code).lines) == 1
    assert desk.credits.load(merged.code).balance == 4


def test_an_account_decided_on_before_a_merge_is_not_stored_after_it(desk):
    kept, gone = make_two(desk)
    stale = [desk.accounts.load(code) for code in (kept.code, gone.code)]
    desk.merging.merge(kept.code, gone.code, why="同一人", by="clerk", at=AT)
    assert [desk.accounts.save(account) for account in stale] == [False, False]


def test_a_merge_needs_a_reason_and_two_archives(desk):
    kept, gone = make_two(desk)
    with pytest.raises(Refused, match=r"archive\.reason"):
        desk.merging.merge(kept.code, gone.code, why="  ", by="clerk", at=AT)
    with pytest.raises(Refused, match=r"archive\.same"):
        desk.merging.merge(kept.code, kept.code, why="x", by="clerk", at=AT)
    with pytest.raises(Refused, match=r"archive\.unknown"):
        desk.merging.merge(kept.code, "nobody", why="x", by="clerk", at=AT)


def test_an_imported_number_stands_in_one_archive(desk):
    kept, gone = make_two(desk)
    facts = {
        "kind": "qualification",
        "number": "0710000001300001",
        "occupation": "6-31-01-03",
        "level": "3",
        "issued_by": "某鉴定站",
        "issued_on": "2007-05-01",
    }
    desk.add_entry(kept, "certificate", facts, source="档案", by="clerk")
    with pytest.raises(Refused, match=r"archive\.number_exists"):
        desk.add_entry(gone, "certificate", facts, source="档案", by="clerk")
    assert [one.number for one in desk.holdings(kept)] == ["0710000001300001"]
