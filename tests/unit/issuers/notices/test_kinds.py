"""Every kind of notice speaks both languages, of its own facts and of no others."""

import string

import pytest

from issuers.notices.kinds import check_facts, kinds, write


def test_places_in_the_words_are_the_facts():
    for kind in kinds().values():
        texts = (kind.zh, kind.en, kind.text_zh, kind.text_en, kind.page)
        places = {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}
        assert places <= kind.facts, kind.id
        assert kind.page.startswith("/console")


def test_no_fact_names_a_person():
    named = {"name", "holder", "id_number", "person"}
    assert not any(kind.facts & named for kind in kinds().values())


def test_a_notice_in_words():
    words = write("batch.finished", {"batch": "4f1c", "issued": 3, "refused": 1})
    assert words.en == "Batch 4f1c is finished: 3 issued, 1 not issued"
    assert "4f1c" in words.zh
    assert words.page == "/console/batches/4f1c"


@pytest.mark.parametrize(("kind", "facts"), [("batch.gone", {}), ("batch.finished", {"batch": "4f1c"})])
def test_other_facts_are_a_defect(kind, facts):
    with pytest.raises(ValueError, match="a notice"):
        check_facts(kind, facts)
