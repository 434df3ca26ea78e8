"""Issuing the rows of approved batches, a chunk at a time: signed, then recorded in one write.

A row's code is the same at every try, so whatever is killed in between, the chunk may be worked on again.
"""

from __future__ import annotations

import logging
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from issuers.assessor import Assessor
from issuers.batches.checking import Checker
from issuers.batches.limits import MAX_TRIES
from issuers.batches.reading import Row
from issuers.batches.sealing import Box
from issuers.batches.store import Batches, BatchState, ChunkDone, Document
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
class SignedChunk:
    """A chunk on its way: ``entries`` are signed and not yet recorded, ``outcomes`` are known; each by row."""

    chunk: Document
    batch: Document
    outcomes: Mapping[int, Outcome]
    entries: Mapping[int, CertificateRecord]
    why_not: str = ""


@dataclass(frozen=True)
class ChunkIssuing:
    """Signs and records the chunks of batches."""

    registry: Registry
    issuers: Issuers
    batches: Batches
    box: Box

    def sign(self, chunk: Document) -> SignedChunk:
        """The chunk, its rows judged once more and signed where they may be issued."""
        batch = self.batches.find_part(chunk["part"])
        rows = self.box.rows(chunk)
        codes = self._codes(chunk, rows)
        standing = self._standing(chunk, codes)
        why = _why_not(batch, chunk)
        if why:
            outcomes = {position: standing.get(code, why) for position, code in codes.items()}
            return SignedChunk(chunk, batch, outcomes, {}, why)
        left = [row for row in rows if codes[row.position] not in standing]
        refused, asked = self._judge(left, codes, batch)
        outcomes = {at: standing[code] for at, code in codes.items() if code in standing} | refused
        try:
            entries = self._sign(asked, batch["assessor"])
        except Refused as error:  # no key that signs, no number left: the same for all
            return SignedChunk(chunk, batch, outcomes | dict.fromkeys(asked, error.code), {})
        return SignedChunk(chunk, batch, outcomes, entries)

    def record(self, signed: SignedChunk) -> None:
        """Record what was signed, and what became of each row; the batch is done with its last chunk."""
        made = self.registry.record.insert_many(list(signed.entries.values())) if signed.entries else []
        outcomes = dict(signed.outcomes)
        for position, one in zip(signed.entries, made, strict=True):
            outcomes[position] = one.code if isinstance(one, Refused) else one
        self.batches.finish_chunk(signed.chunk, _sort_out(outcomes))
        if not signed.why_not and self.batches.is_done(signed.chunk["part"]):
            self.finish(signed.batch)

    def finish(self, batch: Document) -> None:
        """The batch is done, or what was under way of a cancelled one."""
        counts = self.batches.counts(batch["part"])
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

    def _judge(
        self, rows: Sequence[Row], codes: Mapping[int, str], batch: Document
    ) -> tuple[dict[int, str], dict[int, Asked]]:
        """What stands in the way, and what is asked for, by row."""
        checker = checker_of(self.registry, self.issuers.find_assessor(batch["assessor"]))
        judged = [(row.position, *checker.check_again(row)) for row in rows]
        cause = Issuance(batch["approved_by"], batch=batch["_id"], prepared_by=batch["by"])
        asked = {at: Asked(draft, codes[at], issuance=cause) for at, draft, _ in judged if draft}
        return {at: findings[0].code for at, _, findings in judged if findings}, asked

    def _sign(self, asked: Mapping[int, Asked], assessor_id: str) -> dict[int, CertificateRecord]:
        if not asked:
            return {}
        assessor = self.issuers.find_assessor(assessor_id)
        entries = self.issuers.desk.prepare_many(list(asked.values()), assessor)
        return dict(zip(asked, entries, strict=True))


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
