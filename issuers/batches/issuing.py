"""Issuing the rows of approved batches: a few chunks are signed together, then each is recorded in one write.

A row's code is the same at every try, so whatever is killed in between, the chunk may be worked on again.
"""

from __future__ import annotations

import logging
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from issuers.assessor import Assessor
from issuers.batches.checking import Checker
from issuers.batches.chunks import ChunkDone, Document
from issuers.batches.limits import MAX_TRIES
from issuers.batches.reading import Row
from issuers.batches.sealing import Box
from issuers.batches.store import Batches, BatchState
from issuers.issue import CODE_BYTES, Asked
from issuers.services import Issuers
from keys.errors import Refused
from keys.vault import Vault
from registry.certificate import CertificateRecord
from registry.credential import china_date
from registry.issuance import Issuance
from registry.services import Registry

log = logging.getLogger("issuers.batches")

Outcome = CertificateRecord | str
"""A row's certificate, or the code of what stood in the way."""


@dataclass(frozen=True)
class ChunkUnderWay:
    """A chunk whose rows were judged once more; each by row.

    ``asked`` may be issued, ``outcomes`` are known; ``entries`` are signed and not yet recorded. ``why_not`` is why
    nothing of it is to be issued any more.
    """

    chunk: Document
    batch: Document
    outcomes: Mapping[int, Outcome]
    asked: Mapping[int, Asked]
    entries: Mapping[int, CertificateRecord] = field(default_factory=dict)
    why_not: str = ""


@dataclass(frozen=True)
class ChunkIssuing:
    """Signs and records the chunks of batches."""

    registry: Registry
    issuers: Issuers
    batches: Batches
    box: Box

    def sign(self, chunks: Sequence[Document]) -> list[ChunkUnderWay]:
        """Chunks of one batch, their rows judged once more and signed where they may be issued.

        Together, for numbers and places in the status lists are reserved once for all.
        """
        batch = self.batches.find_part(chunks[0]["part"])
        assessor = self.issuers.find_assessor(batch["assessor"])
        checker = checker_of(self.registry, assessor)
        judged = [self._judge(chunk, batch, checker) for chunk in chunks]
        try:
            entries = iter(self._sign([one for chunk in judged for one in chunk.asked.values()], assessor))
        except Refused as error:  # no key that signs, no number left: the same for all
            refused = error.code
            return [
                replace(one, outcomes={**one.outcomes, **dict.fromkeys(one.asked, refused)}) for one in judged
            ]
        return [replace(one, entries={at: next(entries) for at in one.asked}) for one in judged]

    def record(self, signed: ChunkUnderWay) -> None:
        """Record what was signed, and what became of each row; the batch is done with its last chunk."""
        made = self.registry.record.insert_many(list(signed.entries.values())) if signed.entries else []
        outcomes = dict(signed.outcomes)
        for position, one in zip(signed.entries, made, strict=True):
            outcomes[position] = one.code if isinstance(one, Refused) else one
        self.batches.chunks.finish(signed.chunk, _sort_out(outcomes))
        if not signed.why_not and self.batches.chunks.are_done(signed.chunk["part"]):
            self.finish(signed.batch)

    def finish(self, batch: Document) -> None:
        """The batch is done, or what was under way of a cancelled one."""
        counts = self.batches.chunks.counts(batch["part"])
        if batch["state"] == BatchState.CANCELLED.value:
            self.batches.settle(batch["_id"], counts)
            return
        # the notice first: it is kept once, and a worker killed between the two comes by again
        facts = {"batch": batch["_id"], "issued": counts.issued, "refused": counts.failed}
        self.issuers.notices.send("batch.finished", batch["assessor"], facts, once=batch["_id"])
        self.batches.finish(batch["_id"], counts, at=self.registry.clock())

    def _codes(self, chunk: Document, rows: Sequence[Row]) -> dict[int, str]:
        vault, part = self.registry.vault, chunk["part"]
        return {row.position: name_for(vault, "certificate code", f"{part} {row.position}") for row in rows}

    def _standing(self, chunk: Document, codes: Mapping[int, str]) -> dict[str, CertificateRecord]:
        """By code, what somebody who began the chunk before has recorded."""
        if chunk["tries"] == 1:
            return {}
        return {one.code: one for one in self.registry.record.find_all(codes=codes.values(), numbers=())}

    def _judge(self, chunk: Document, batch: Document, checker: Checker) -> ChunkUnderWay:
        rows = self.box.rows(chunk)
        codes = self._codes(chunk, rows)
        standing = self._standing(chunk, codes)
        known: dict[int, Outcome] = {at: standing[code] for at, code in codes.items() if code in standing}
        if why := _why_not(batch, chunk):
            return ChunkUnderWay(chunk, batch, dict.fromkeys(codes, why) | known, {}, why_not=why)
        judged = [(row.position, *checker.check_again(row)) for row in rows if row.position not in known]
        cause = Issuance(batch["approved_by"], batch=batch["_id"], prepared_by=batch["by"])
        asked = {at: Asked(draft, codes[at], issuance=cause) for at, draft, _ in judged if draft}
        refused = {at: findings[0].code for at, _, findings in judged if findings}
        return ChunkUnderWay(chunk, batch, known | refused, asked)

    def _sign(self, asked: list[Asked], assessor: Assessor) -> list[CertificateRecord]:
        return self.issuers.desk.prepare_many(asked, assessor) if asked else []


def checker_of(registry: Registry, assessor: Assessor) -> Checker:
    """What judges rows for an assessor today."""
    return Checker(assessor, china_date(registry.clock()))


def name_for(vault: Vault, purpose: str, of: str) -> str:
    """A name that only this registry can tell, the same each time: a row tried twice is recorded once."""
    digest = vault.digest(of.encode(), purpose=f"batch {purpose}")
    return urlsafe_b64encode(digest[:CODE_BYTES]).rstrip(b"=").decode()


def _why_not(batch: Document, chunk: Document) -> str:
    """Why a chunk's rows are not to be issued any more; empty where they are."""
    if batch["state"] == BatchState.CANCELLED.value:
        return "batch.cancelled"
    if chunk["tries"] > MAX_TRIES:
        log.error("batch %s: chunk %d given up", batch["_id"], chunk["n"])
        return "batch.given_up"
    return ""


def _sort_out(outcomes: Mapping[int, Outcome]) -> ChunkDone:
    issued = [(at, one.number, one.code) for at, one in sorted(outcomes.items()) if not isinstance(one, str)]
    failed = [(at, one) for at, one in sorted(outcomes.items()) if isinstance(one, str)]
    return ChunkDone(issued, failed)
