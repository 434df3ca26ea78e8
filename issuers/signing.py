"""From a face to the signed bytes of its credential: the one step that single and batch issuing share.

The certificates of a class differ in code, number, holder and place in the status lists. What they share is built and
canonicalized once, as a `SigningStencil`, and kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, cast

from keys.multikey import Algorithm
from keys.pair import PrivateKey
from keys.stencil import Filled, Marks, SigningStencil, sign_filled
from registry.credential import Face, Holder, StatusEntry, build_credential

OWN = {"code", "number", "holder", "status"}
SHARED = tuple(one.name for one in fields(Face) if one.name not in OWN)
_shared_of = attrgetter(*SHARED)
KEPT = 1_024  # stencils of about 8 kB: occupations, levels and days of all assessors that are issuing now


def sign_faces(
    faces: Iterable[Face], key: PrivateKey, *, verification_method: str, created: datetime
) -> list[bytes]:
    """The canonical bytes of the signed credential of each, exactly as `sign` and `canonicalize` make them."""
    return sign_filled([_fill(face, key, verification_method, created) for face in faces], key)


def _fill(face: Face, key: PrivateKey, verification_method: str, created: datetime) -> Filled:
    holder, status = face.holder, face.status
    stencil = _stencil(
        key.public.algorithm, verification_method, holder.id_type, status.list_id, *_shared_of(face)
    )
    texts = {
        "code": face.code,
        "number": face.number,
        "name": holder.name,
        "masked": holder.masked_number,
        "index": str(status.index),
    }
    return stencil.fill(texts, created=created)


@lru_cache(KEPT)
def _stencil(
    algorithm: Algorithm, verification_method: str, id_type: str, list_id: str, *shared: Any
) -> SigningStencil:
    marks = Marks()
    marked = Face(
        **dict(zip(SHARED, shared, strict=True)),
        code=marks("code"),
        number=marks("number"),
        holder=Holder(marks("name"), id_type, marks("masked")),
        status=StatusEntry(list_id, cast("Any", marks("index"))),  # only ever written as a text
    )
    return SigningStencil(
        build_credential(marked), marks, algorithm=algorithm, verification_method=verification_method
    )
