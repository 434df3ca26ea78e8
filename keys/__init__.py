"""Signs: key pairs, key ring, vault, DID documents, proof suites. Knows no certificate."""
