"""What takes long on purpose, made quick where it is not what is tested.

For tests of the whole service. The unit tests try each of these as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from argon2 import PasswordHasher

from issuers import passwords
from registry import status_pool
from verify import check_values, holder_check


@contextmanager
def quick() -> Iterator[None]:
    """Cheap password hashes, one order for all status lists, the check value of a person and a salt derived once."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    derive = cache(holder_check.make_check_value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", lambda: hasher)
        patch.setattr(status_pool, "_shuffle", cache(status_pool._shuffle))
        for module in (holder_check, check_values):
            patch.setattr(module, "make_check_value", derive)
        passwords._nobody.cache_clear()
        yield
    passwords._nobody.cache_clear()
