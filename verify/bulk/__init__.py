"""Many certificates at once: an employer's list in, a verdict a row and a signed report out.

``reading`` makes `rows` of an upload; ``answers`` judges a thousand at a time; ``results`` writes them; ``report``
sums them up, signed; ``store`` keeps jobs in MongoDB; ``worker`` does the work; ``desk`` joins these for ``routes``
(programs) and ``pages`` (people).
"""
