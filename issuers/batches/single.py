"""A clerk's single certificate as a row of a list. Pure."""

from __future__ import annotations

from issuers.request import IssueRequest


def row_of(asked: IssueRequest) -> dict[str, str]:
    """The cells that say what ``asked`` says."""
    post = asked.appointment
    cells = {
        "kind": asked.kind,
        "name": asked.holder_name,
        "id_type": asked.id_type,
        "id_number": asked.id_number,
        "occupation": asked.occupation_code,
        "edition": asked.occupation_edition,
        "level": asked.level,
        "job": asked.job,
        "region": asked.region,
        "issued_on": asked.issued_on.isoformat(),
        "employer": post.employer if post else None,
        "appointed_from": post.start.isoformat() if post else None,
        "appointed_until": post.end.isoformat() if post and post.end else None,
    }
    return {name: text for name, text in cells.items() if text}
