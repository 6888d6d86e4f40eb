from foretype.compare.typist.screen import Screen, ScreenTally


def test_typing_along_a_text_keeps_it_and_shows_nothing_new() -> None:
    screen = Screen()
    screen.answer("ck response", 0)
    screen.typed("c")
    screen.answer("k response", 1)
    assert screen.text == "k response"
    assert screen.tally == ScreenTally(shown=1, offers=1)


def test_another_key_takes_the_text_away() -> None:
    screen = Screen()
    screen.answer("ck", 0)
    screen.typed("x")
    assert screen.text == ""
    assert screen.tally.withdrawn == 0


def test_a_text_counts_as_taken_once_however_many_words_are_taken() -> None:
    screen = Screen()
    screen.answer("ck response to", 0)
    screen.took("ck")
    screen.took(" response")
    assert screen.text == " to"
    assert screen.tally == ScreenTally(shown=1, taken=1, offers=3, words_taken=2)


def test_a_server_of_single_words_has_as_many_showings_as_offers() -> None:
    screen = Screen()
    screen.answer("ck", 0)
    screen.took("ck")
    screen.answer(" response", 1)
    screen.took(" response")
    assert screen.tally == ScreenTally(shown=2, taken=2, offers=2, words_taken=2)


def test_a_longer_answer_is_the_same_text_and_a_longer_word_another() -> None:
    screen = Screen()
    screen.answer(" to", 0)
    screen.answer(" to the", 1)
    assert screen.tally == ScreenTally(shown=1, offers=1, resized=1)
    screen.answer(" together", 2)
    assert screen.tally == ScreenTally(shown=2, offers=2, resized=1, replaced=1)


def test_an_empty_answer_withdraws_what_was_still_possible() -> None:
    screen = Screen()
    screen.answer("ck", 0)
    screen.answer("", 1)
    screen.answer("", 2)
    assert screen.tally == ScreenTally(shown=1, offers=1, withdrawn=1)


def test_a_text_is_seen_only_after_a_glance() -> None:
    screen = Screen()
    screen.answer("ck", 10.0)
    assert screen.visible(10.1, glance_s=0.2) == ""
    assert screen.visible(10.3, glance_s=0.2) == "ck"
    screen.answer("ck now", 10.4)
    assert screen.visible(10.4, glance_s=0.2) == "ck now"


def test_typing_into_the_next_word_is_an_offer_of_that_word() -> None:
    screen = Screen()
    screen.answer("I am", 0)
    screen.typed("I")
    assert screen.tally == ScreenTally(shown=1, offers=2)
