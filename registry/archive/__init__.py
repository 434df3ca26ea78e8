"""One worker, one archive: identities, entries of other kinds than certificates, merging, export."""
