"""Comments from the repository of a blog."""

from __future__ import annotations

from pathlib import Path

import pytest

from latency.comments import Comment, NoCommentsError, read_comments

TEXT = "I was there last year, and the market hall alone was worth the journey. How long did you stay? " * 2


@pytest.fixture
def blog(tmp_path: Path) -> Path:
    posts, comments = tmp_path / "_posts" / "2009", tmp_path / "_data" / "comments"
    posts.mkdir(parents=True)
    for name, title in (
        ("rotterdam.aspx", "Five days in Rotterdam &amp; around"),
        ("garden", "Our garden"),
        ("metro", '"U-Bahn: M\u00fcnchen"'),
    ):
        (posts / f"2009-08-31-{name}.markdown").write_text(
            f"---\ntitle: {title}\n---\ntitle: none\n", "utf-8"
        )

    def comment(folder: str, number: int, author: str, message: str) -> None:
        (comments / folder).mkdir(parents=True, exist_ok=True)
        (comments / folder / f"{number}.yml").write_text(f"name: {author}\nmessage: {message}\n", "utf-8")

    comment("rotterdam-aspx", 1, "Bob", "<p>Nice!</p>")
    comment("rotterdam-aspx", 2, "Bob", f"<p>{TEXT}<pre>code</pre></p>")
    comment("rotterdam-aspx", 3, "Bob", f"<p>Hi &amp; thanks.<br>{TEXT}</p><p>Bob</p>")
    comment("rotterdam-aspx", 4, "Eve", TEXT)
    comment("garden", 1, "Bob", TEXT)
    comment("garden", 2, "[not, text]", TEXT)
    comment("metro", 1, "Eve", TEXT)
    comment("unknown", 1, "Eve", TEXT)
    (comments / "garden" / "0.yml").write_text("name: Eve\nmessage: a: b: c", "utf-8")
    return tmp_path


def test_the_first_comment_that_a_person_can_have_typed_is_taken_with_the_title_of_its_post(
    blog: Path,
) -> None:
    found = {one.title: one for one in read_comments(blog, skip=0, count=9, by_author=9)}
    assert found == {
        "Five days in Rotterdam & around": Comment(
            "Bob", f"Hi & thanks.\n{TEXT}\nBob", "Five days in Rotterdam & around"
        ),
        "Our garden": Comment("Bob", TEXT.strip(), "Our garden"),
    }


def test_posts_are_skipped_and_authors_and_comments_are_limited(blog: Path) -> None:
    def found(skip: int = 0, count: int = 9, by_author: int = 9) -> list[Comment]:
        return list(read_comments(blog, skip=skip, count=count, by_author=by_author))

    assert len(found(skip=1)) == 1
    assert found(count=1) == found()[:1]
    assert {one.author for one in found(by_author=1)} <= {"Bob", "Eve"}
    assert sum(one.author == "Bob" for one in found(by_author=1)) == 1


def test_a_folder_without_comments_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoCommentsError, match=tmp_path.name):
        list(read_comments(tmp_path, skip=0, count=9, by_author=9))
