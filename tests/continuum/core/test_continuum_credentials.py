from continuum.core import credentials


def test_a_key_is_a_mark_and_32_random_bytes():
    key = credentials.new_key()
    assert key.startswith("cm_")
    assert len(key) == 3 + 43
    assert credentials.is_well_formed(key)


def test_no_id_of_a_key_looks_like_an_option_of_a_command():
    assert all(credentials.key_id(credentials.new_key())[0].isalnum() for _ in range(1000))


def test_a_key_matches_its_own_digest_only():
    key = credentials.new_key()
    assert credentials.matches(key, credentials.digest(key))
    assert not credentials.matches(credentials.new_key(), credentials.digest(key))


def test_what_is_no_key_is_not_well_formed():
    for text in (
        "",
        "cm_",
        "cm_" + "a" * 42,
        "cm_" + "a" * 44,
        "xx_" + "a" * 43,
        "cm_" + "ä" * 43,
        "cm_" + "a" * 43 + "\n",
    ):
        assert not credentials.is_well_formed(text)
