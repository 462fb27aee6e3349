"""Two changes of the same insight, field by field."""

from time import thread_time

from app.capture.merging import MOST_LINES, Meeting, marked, put_together, told_apart

BEFORE = {"title": "Old", "content": "one\ntwo\nthree\nfour\nfive", "tags": "a, b, c", "source": "s"}


def test_what_one_of_them_changed_is_settled() -> None:
    outcome = put_together(BEFORE, BEFORE | {"title": "Mine"}, BEFORE | {"source": "theirs"})
    assert outcome.settled == BEFORE | {"title": "Mine", "source": "theirs"}
    assert (outcome.taken, outcome.meetings) == (["source"], [])


def test_what_both_made_the_same_is_settled() -> None:
    outcome = put_together(BEFORE, BEFORE | {"title": "Same"}, BEFORE | {"title": "Same"})
    assert (outcome.settled["title"], outcome.taken, outcome.meetings) == ("Same", [], [])


def test_what_both_changed_meets() -> None:
    outcome = put_together(BEFORE, BEFORE | {"title": "Mine"}, BEFORE | {"title": "Theirs"})
    assert outcome.meetings == [Meeting("title", "Mine", "Theirs")]
    assert "title" not in outcome.settled


def test_lines_that_do_not_touch_each_other_are_both_kept() -> None:
    yours, theirs = "ONE\ntwo\nthree\nfour\nfive\n", "one\ntwo\nthree\nfour\nFIVE"
    [meeting] = put_together(BEFORE, {"content": yours}, {"content": theirs}).meetings
    assert not meeting.clean  # the last line: yours has an end now, theirs other letters
    yours = "ONE\ntwo\nthree\nfour\nfive"
    [meeting] = put_together(BEFORE, {"content": yours}, {"content": theirs}).meetings
    assert meeting == Meeting("content", yours, theirs, "ONE\ntwo\nthree\nfour\nFIVE", clean=True)


def test_the_same_line_stands_there_twice() -> None:
    yours, theirs = "one\nmine\nthree\nfour\nfive", "one\ntheirs\nthree\nfour\nfive"
    [meeting] = put_together(BEFORE, {"content": yours}, {"content": theirs}).meetings
    assert not meeting.clean
    assert meeting.merged == "one\n<<<<<<< yours\nmine\n=======\ntheirs\n>>>>>>> stored now\nthree\nfour\nfive"
    assert marked(meeting.merged)
    assert not marked("one\n=======\ntwo")


def test_tags_are_put_together() -> None:
    [meeting] = put_together(BEFORE, {"tags": "a, B, mine"}, {"tags": "b, c, theirs, Mine"}).meetings
    assert meeting == Meeting("tags", "a, B, mine", "b, c, theirs, Mine", "b, theirs, Mine", clean=True)


def test_without_what_was_there_all_that_differs_meets() -> None:
    outcome = put_together(None, BEFORE | {"tags": "c, b, a"}, BEFORE | {"title": "Theirs", "content": ""})
    assert outcome.meetings == [Meeting("title", "Old", "Theirs"), Meeting("content", BEFORE["content"], "")]
    assert outcome.settled == {"tags": "c, b, a", "source": "s"}


def test_lines_are_told_apart() -> None:
    assert told_apart("a\nb\nc", "a\nx\nc\nd") == [("a", False), ("b", True), ("c", False)]
    assert told_apart("", "") == [("", False)]
    assert {differs for _, differs in told_apart("x\n" * (MOST_LINES + 1), "")} == {False}


def test_lines_of_long_texts_are_told_apart_in_time() -> None:
    """Every second line is empty, as in Markdown."""
    lines = "".join(f"line {number}\n\n" for number in range(MOST_LINES // 2 - 1))
    begun = thread_time()
    told = told_apart(lines.replace("7\n", "seven\n"), lines)
    assert thread_time() - begun < 2
    assert {line for line, differs in told if differs} == {
        f"line {number // 10 or ''}seven" for number in range(MOST_LINES // 2 - 1) if number % 10 == 7
    }


def test_very_long_texts_are_chosen_not_merged() -> None:
    lines = "x\n" * (MOST_LINES + 1)
    [meeting] = put_together({"content": lines}, {"content": f"a{lines}"}, {"content": f"{lines}b"}).meetings
    assert (meeting.merged, meeting.clean) == (None, False)


def test_the_reason_is_the_writers_own() -> None:
    outcome = put_together({"message": ""}, {"message": "why"}, {"message": ""})
    assert (outcome.settled, outcome.meetings) == ({"message": "why"}, [])
