"""How much an employer may ask. Each is a promise on the page, so a reason stands beside it."""

from __future__ import annotations

from datetime import timedelta

MAX_ROWS = 100_000  # the largest employers have so many people
MAX_UPLOAD = 32 * 1024 * 1024  # bytes: 100,000 rows of 330 bytes, more than a QR text and a name take
JOBS_A_DAY = (
    100  # one every five minutes of a working day: enough for a program, too few to flood the list of jobs
)
ROWS_A_DAY = (
    300_000  # three whole lists; about five minutes of one core; guessing numbers at this pace finds nothing
)
OPEN_JOBS = 3  # unfinished at a time: one running, one waiting, one being sent; others get their turn between

RESULT_LIFE = timedelta(
    days=30
)  # names that were sent are deleted then: time to fetch the results, and to ask again
EVIDENCE_LIFE = timedelta(
    days=5 * 365 + 2
)  # electronic files of an assessment are kept five years; so is a check

CHUNK_ROWS = 1_000  # about 0.5 MB of QR texts: well under MongoDB's 16 MB, and one round trip a look-up
