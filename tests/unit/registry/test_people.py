from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Refused
from keys.vault import Vault
from registry.identity import parse_identity
from registry.people import holds_key, open_holder, person_key, seal_holder

ON = date(2026, 11, 22)
VAULT, OTHER = Vault(b"a" * 32), Vault(b"b" * 32)
IDENTITY = parse_identity("resident_id", "150102199901010014", on=ON)


def test_what_was_sealed_opens_to_the_same():
    sealed = seal_holder(VAULT, "王小明", IDENTITY, code="c1")
    holder = open_holder(VAULT, sealed, code="c1")
    assert (holder.name, holder.id_type, holder.id_number) == ("王小明", "resident_id", "150102199901010014")


def test_at_rest_nothing_of_the_person_can_be_read():
    sealed = seal_holder(VAULT, "王小明", IDENTITY, code="c1")
    assert "王小明".encode() not in sealed
    assert b"150102199901010014" not in sealed
    assert seal_holder(VAULT, "王小明", IDENTITY, code="c1") != sealed


@pytest.mark.parametrize(("vault", "code"), [(VAULT, "c2"), (OTHER, "c1")])
def test_another_certificate_or_key_does_not_open_it(vault, code):
    sealed = seal_holder(VAULT, "王小明", IDENTITY, code="c1")
    with pytest.raises(Refused, match=r"vault\.cannot_open"):
        open_holder(vault, sealed, code=code)


def test_an_opened_holder_does_not_show_itself():
    shown = repr(open_holder(VAULT, seal_holder(VAULT, "王小明", IDENTITY, code="c"), code="c"))
    assert "王小明" not in shown
    assert "150102199901010014" not in shown


def test_the_same_document_is_the_same_person():
    old = parse_identity("resident_id", "150102990101001", on=ON)
    assert person_key(VAULT, old.id_type, old.number) == person_key(VAULT, "resident_id", IDENTITY.number)


def test_another_document_type_or_master_key_is_another_person():
    one = person_key(VAULT, "resident_id", IDENTITY.number)
    assert one != person_key(VAULT, "passport", IDENTITY.number)
    assert one != person_key(OTHER, "resident_id", IDENTITY.number)


parts = st.lists(st.none() | st.text("6-31013", min_size=1, max_size=4), min_size=4, max_size=4)


@given(first=parts, second=parts)
def test_what_a_person_holds_collides_only_where_it_is_the_same(first, second):
    person = person_key(VAULT, "resident_id", IDENTITY.number)
    same = holds_key(VAULT, person, *first) == holds_key(VAULT, person, *second)
    assert same == (first == second)
