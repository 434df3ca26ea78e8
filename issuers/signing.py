"""From a face to the signed bytes of its credential: the one step that single and batch issuing share.

The certificates of a class differ in code, number, holder and place in the status lists. What they share is built and
canonicalized once, as a `SigningStencil`, and kept.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from keys.multikey import Algorithm
from keys.pair import PrivateKey
from keys.stencil import Marks, SigningStencil
from registry.credential import Face, Holder, StatusEntry, build_credential

KEPT = 1_024  # stencils of about 8 kB: occupations, levels and days of all assessors that are issuing now


def sign_face(face: Face, key: PrivateKey, *, verification_method: str, created: datetime) -> bytes:
    """The canonical bytes of the signed credential of ``face``, exactly as `sign` and `canonicalize` make them."""
    shared = replace(
        face,
        code="",
        number="",
        holder=Holder("", face.holder.id_type, ""),
        status=StatusEntry(face.status.list_id, 0),
    )
    texts = {
        "code": face.code,
        "number": face.number,
        "name": face.holder.name,
        "masked": face.holder.masked_number,
        "index": str(face.status.index),
    }
    stencil = _stencil(shared, key.public.algorithm, verification_method)
    return stencil.sign(texts, key=key, created=created)


@lru_cache(KEPT)
def _stencil(shared: Face, algorithm: Algorithm, verification_method: str) -> SigningStencil:
    marks = Marks()
    marked = replace(
        shared,
        code=marks("code"),
        number=marks("number"),
        holder=Holder(marks("name"), shared.holder.id_type, marks("masked")),
        status=StatusEntry(shared.status.list_id, cast("Any", marks("index"))),  # only ever written as a text
    )
    return SigningStencil(
        build_credential(marked), marks, algorithm=algorithm, verification_method=verification_method
    )
