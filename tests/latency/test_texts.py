from pathlib import Path

import pytest

from latency.replay.texts import NoTextsError, read_texts


def test_texts_come_in_order_cut_and_only_where_a_plain_keyboard_can_type_them(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("b " * 300)
    (tmp_path / "a.txt").write_text("two  spaces   become one " * 20 + "@subject\nand this is none of it")
    (tmp_path / "c.txt").write_text("é" * 300)
    (tmp_path / "d.txt").write_text("too short")
    texts = read_texts(tmp_path, chars=200)
    assert [text[:10] for text in texts] == ["two spaces", "b b b b b "]
    assert all(len(text) == 200 for text in texts)
    assert len(read_texts(tmp_path, mails=1)) == 1


def test_a_folder_without_texts_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoTextsError, match=tmp_path.name):
        read_texts(tmp_path)
