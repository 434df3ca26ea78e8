"""The batch desk: takes a list in, has it checked, approved and issued, and tells what became of each row."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import IO, Any, cast

from flask import current_app

from issuers.assessor import Assessor
from issuers.batches.behind import Behind
from issuers.batches.checking import Checker, settled
from issuers.batches.chunks import Document
from issuers.batches.columns import Heading
from issuers.batches.examining import Examined, Examiner, Summary
from issuers.batches.findings import Finding
from issuers.batches.issuing import ChunkIssuing, ChunkUnderWay, checker_of, name_for
from issuers.batches.limits import BOUNDS, CHUNKS_AT_ONCE, FOUR_EYES_ABOVE, TELL_EVERY
from issuers.batches.reading import Row, read_list
from issuers.batches.sealing import Box, tell
from issuers.batches.store import Batches, BatchState, part_of
from issuers.request import Draft
from issuers.roles import Role
from issuers.services import Issuers
from issuers.store import Account
from keys.errors import Refused
from registry.people import holds_key, person_key
from registry.services import Registry
from registry.sheets import check_zip, digest_of, is_workbook

EXTENSION = "skills-batches"
_PIECE = 4 << 20  # bytes of an upload in a document: well under MongoDB's 16 MB
_IN_MEMORY = 1 << 20


@dataclass(frozen=True)
class BatchDesk:
    """Batch issuing on the record. One object serves pages, API and workers."""

    registry: Registry
    issuers: Issuers
    batches: Batches
    box: Box

    # --- taking in ---

    def receive(self, file: IO[bytes], assessor: Assessor, *, by: str, name: str = "") -> str:
        """Take an upload in, to be checked by a worker; the id of the batch.

        Refused ``batch.busy``, and for what shows at once: ``batch.columns_missing`` and the like of a CSV,
        ``sheet.xlsx_too_large``. Then nothing is kept.
        """
        now, batch_id = self.registry.clock(), secrets.token_urlsafe(12)
        self._look(file)
        self.batches.open(batch_id, assessor.id, by=by, at=now)
        try:
            facts = {"sha256": digest_of(file), "name": name[:100]}
            for n, piece in enumerate(iter(lambda: file.read(_PIECE), b"")):
                self.batches.add_piece(batch_id, n, self.box.seal(piece, f"{batch_id} piece {n}"), at=now)
            self.batches.received(batch_id, facts)
        except BaseException:
            self.batches.drop(batch_id)
            raise
        return batch_id

    def dry_run(self, file: IO[bytes], assessor: Assessor) -> tuple[Summary, Heading, list[Finding]]:
        """Every mistake of every row; nothing is stored. Refused as `read_list` refuses."""
        found = read_list(file)
        summary, findings = Summary(), []
        for examined in self._examiner().examine(found.rows, self.checker(assessor)):
            summary.add(examined)
            findings += examined.findings
            time.sleep(0)  # let a waiting request have its turn of the interpreter
        return summary, found.heading, findings

    def prepare_one(self, values: Mapping[str, str], assessor: Assessor, *, by: str, key: str) -> str:
        """A batch of one certificate, waiting for the signer; with the same ``key`` the same batch again.

        Refused with the first mistake.
        """
        now = self.registry.clock()
        batch_id = name_for(self.registry.vault, "single", f"{assessor.id} {key}")
        (examined,) = self._examiner().examine(iter([Row(1, dict(values))]), self.checker(assessor))
        for finding in examined.findings:
            raise Refused(finding.code, field="holder", **cast("dict[str, Any]", finding.params))
        self.batches.open(batch_id, assessor.id, by=by, at=now)
        batch = self.batches.find(batch_id)
        if batch["state"] == BatchState.RECEIVING.value:  # new, or begun by somebody who was killed over it
            summary = Summary()
            self.batches.chunks.clear(part_of(batch))
            self._keep(batch, 0, examined, Heading({}))
            summary.add(examined)
            self.batches.checked(batch, _facts(summary, Heading({})))
        return batch_id

    def _look(self, file: IO[bytes]) -> None:
        """Refuse at once what can be seen at once."""
        if is_workbook(file):
            check_zip(file, BOUNDS)
        else:
            next(read_list(file).rows)
        file.seek(0)

    # --- deciding ---

    def approve(self, batch: Document, account: Account, *, only_good: bool) -> None:
        """Let the work begin.

        Refused ``batch.second_person`` (the one who prepared it, or a clerk), ``batch.has_problems`` (without a yes
        to leaving the wrong rows out), ``batch.nothing``, ``batch.state``.
        """
        if batch["state"] != BatchState.PREPARED.value:
            raise Refused("batch.state")
        if account.role is not Role.SIGNER:
            raise Refused("auth.signer_only")
        if account.name == batch["by"] and batch["valid"] > FOUR_EYES_ABOVE:
            raise Refused("batch.second_person", limit=FOUR_EYES_ABOVE)
        if not batch["valid"]:
            raise Refused("batch.nothing")
        if batch["wrong"] and not only_good:
            raise Refused("batch.has_problems", field="only_good", count=batch["wrong"])
        self.batches.approve(batch["_id"], by=account.name, at=self.registry.clock())

    # --- working ---

    def work_once(self, worker: str) -> bool:
        """Issue one chunk, or check one upload; False when nothing waits. What the database raises goes through."""
        chunks = self.batches.take_chunks(worker, at=self.registry.clock(), limit=1)
        if chunks:
            self._record(self.issuing.sign(chunks))
        return bool(chunks) or self.check_next()

    def issue_waiting(self, worker: str, is_over: Callable[[], bool]) -> bool:
        """Issue chunks until none waits or it is over: some are signed while those before are recorded.

        False when none waited. A chunk that fails comes again when its lease ends.
        """
        found = False
        with Behind() as behind:
            while not is_over():
                chunks = self.batches.take_chunks(worker, at=self.registry.clock(), limit=CHUNKS_AT_ONCE)
                if not chunks:
                    break
                behind.do(self._record, self.issuing.sign(chunks))
                found = True
        return found

    def _record(self, signed: Iterable[ChunkUnderWay]) -> None:
        for chunk in signed:
            self.issuing.record(chunk)

    def check_next(self) -> bool:
        """Check one upload; False when none waits."""
        batch = self.batches.take_upload(at=self.registry.clock())
        if batch:
            self._check(batch)
        return batch is not None

    def tidy(self) -> None:
        """Finish what killed processes left behind, and forget what ended."""
        for batch in self.batches.tidy(at=self.registry.clock()):
            self.issuing.finish(batch)

    def _check(self, batch: Document) -> None:
        assessor = self.issuers.find_assessor(batch["assessor"])
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            for piece in self.batches.pieces(batch["_id"]):
                file.write(self.box.open(piece["data"], f"{batch['_id']} piece {piece['n']}"))
            file.seek(0)
            try:
                summary, heading = self._examine(batch, file, assessor)
            except Refused as refused:
                self.batches.refuse(batch, refused, at=self.registry.clock())
                return
        self.batches.checked(batch, _facts(summary, heading))
        self.issuers.refusals.add(assessor.id, summary.problems)

    def _examine(self, batch: Document, file: IO[bytes], assessor: Assessor) -> tuple[Summary, Heading]:
        found, summary = read_list(file), Summary()
        told = self.registry.clock()
        with Behind() as behind:  # the next rows are judged while MongoDB writes the last
            for n, examined in enumerate(self._examiner().examine(found.rows, self.checker(assessor))):
                behind.do(self._keep, batch, n, examined, found.heading)
                summary.add(examined)
                if self.registry.clock() - told >= TELL_EVERY:
                    told = self.registry.clock()
                    self.batches.renew(batch, summary.rows, at=told)
        return summary, found.heading

    def _keep(self, batch: Document, n: int, examined: Examined, heading: Heading) -> None:
        part = part_of(batch)
        chunk = {
            "rows": len(examined.good),
            "wrong": len({one.row for one in examined.findings}),
            "input": self.box.seal_rows([settled(row, draft) for row, draft in examined.good], part, n),
            "findings": self.box.seal_findings(tell(examined.findings, heading), part, n),
        }
        self.batches.chunks.add(part, n, chunk, at=self.registry.clock())

    # --- parts ---

    @property
    def issuing(self) -> ChunkIssuing:
        """What issues the rows of approved batches."""
        return ChunkIssuing(self.registry, self.issuers, self.batches, self.box)

    def checker(self, assessor: Assessor) -> Checker:
        """What judges rows for an assessor today."""
        return checker_of(self.registry, assessor)

    def _examiner(self) -> Examiner:
        vault = self.registry.vault

        def key(draft: Draft) -> bytes:
            person = person_key(vault, draft.identity.id_type, draft.identity.number)
            occupation = (draft.occupation.code, draft.occupation.edition)
            return holds_key(
                vault, person, draft.kind.id, *occupation, draft.level.id if draft.level else None
            )

        return Examiner(key, self.registry.record.held)


def open_batch_desk(registry: Registry, issuers: Issuers) -> BatchDesk:
    """The batch desk on a registry and its issuers."""
    return BatchDesk(registry, issuers, Batches(registry.database), Box(registry.vault))


def batch_desk() -> BatchDesk:
    """The batch desk of the current application."""
    return cast("BatchDesk", current_app.extensions[EXTENSION])


def _facts(summary: Summary, heading: Heading) -> dict[str, Any]:
    return {
        "rows": summary.rows,
        "valid": summary.valid,
        "wrong": summary.wrong,
        "problems": [[code, count] for code, count in summary.problems.most_common()],
        "classes": [[*one, count] for one, count in sorted(summary.classes.items(), key=str)],
        "unread": list(heading.unread),
    }
