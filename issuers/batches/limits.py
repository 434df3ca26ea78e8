"""How large a batch may be. Each is a promise on the page, so a reason stands beside it."""

from __future__ import annotations

from datetime import timedelta

from registry.sheets import Bounds

MAX_ROWS = 100_000  # the largest examinations of a province certify 40,000 at once
MAX_LINES = 2 * MAX_ROWS  # with the empty rows between: a sheet of a million empty rows is no list
MAX_UPLOAD = 32 * 1024 * 1024  # bytes: 100,000 rows of 330 bytes, twice what the national row takes
BOUNDS = Bounds(
    columns=60,  # the template has 18; lists out of other systems bring a few dozen of their own
    unpacked=128 * 1024 * 1024,  # bytes: 100,000 rows of 12 cells unpack to about 90 MB
)
OPEN_BATCHES = 20  # of an assessor, not yet done: a day's work; more is a program gone wrong

# One write of 1.5 MB: who verifies meanwhile waits no longer than that takes (docs/performance.md).
CHUNK_ROWS = 250
CHUNKS_AT_ONCE = 4  # signed together: one round trip a series of numbers for a thousand rows
SAMPLE = 10  # rows that the signer proof-reads
FOUR_EYES_ABOVE = 10  # certificates: more than so many need a second person

PREPARED_LIFE = timedelta(days=30)  # names that nobody approved are deleted then
RESULT_LIFE = timedelta(days=5 * 365 + 2)  # electronic files of an assessment are kept five years
LEASE = timedelta(
    seconds=10
)  # a round of chunks takes a second or two; a worker that is gone delays it so long
CHECK_LEASE = timedelta(seconds=30)  # renewed as often as progress is told
TELL_EVERY = timedelta(seconds=0.5)  # the page looks once a second; a chunk takes a thirtieth
RECEIVING = timedelta(minutes=10)  # longer than any upload: then whoever received it is gone
MAX_TRIES = 25  # a chunk that ended so many workers would end the next; restarts by hand are not so many
"""Workers may be killed often (kill -9 of worker, web or database); each try is safe to repeat."""
