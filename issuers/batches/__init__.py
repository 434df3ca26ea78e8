"""Many certificates at once: a clerk's list in, every mistake told, a signer's approval, then work in the background.

``columns`` and ``cells`` know what a list says; ``reading`` makes rows of an upload; ``checking`` judges them;
``store`` keeps batches in MongoDB; ``desk`` joins these; ``worker`` issues; ``pages`` and ``routes`` show it.
"""
