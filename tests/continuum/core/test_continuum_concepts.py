import time

import pytest

from continuum.core.concepts import MAX_CONCEPTS, extract


def names(text, kind):
    return [concept.name for concept in extract(text) if concept.type == kind]


def test_capitalised_runs_are_names():
    assert names("Maya Lind joined Project Atlas in Lisbon.", "name") == [
        "Maya Lind",
        "Project Atlas",
        "Lisbon",
    ]


def test_stop_words_at_the_beginning_of_a_sentence_are_no_names():
    assert names("The team met. We liked it. It's fine.", "name") == []


def test_names_of_other_scripts_are_found():
    assert names("Встреча прошла в городе Казань вчера.", "name") == ["Встреча", "Казань"]


def test_quoted_text_is_a_phrase():
    assert names('She calls it "the quiet hour" at home.', "phrase") == ["the quiet hour"]


def test_a_long_word_used_twice_is_a_topic():
    assert names("a garden, and another garden", "topic") == ["garden"]


@pytest.mark.parametrize("verb", ["decided to", "agreed to", "will, we will,"])
def test_a_sentence_that_says_so_is_a_decision(verb):
    assert names(f"It rained. They {verb} move on. Bye.", "decision") == [f"They {verb} move on."]


def test_spellings_of_one_concept_are_one():
    assert len([c for c in extract("They met Maya and then MAYA.") if c.type == "name"]) == 1


def test_the_repr_of_a_concept_shows_no_content():
    assert "Lisbon" not in repr(extract("in Lisbon"))


def test_hostile_text_of_full_length_takes_little_time():
    begin = time.perf_counter()
    for text in (
        "A" * 65_536,
        "Aa " * 21_845,
        '"' * 65_536,
        "we will " * 8_192,
        ". \n" * 21_845,
        "A'" * 32_768,
    ):
        assert len(extract(text)) <= MAX_CONCEPTS
    assert time.perf_counter() - begin < 5
