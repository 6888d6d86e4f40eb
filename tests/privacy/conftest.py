from tests.prepare.conftest import made_folder, tokeniser_file

__all__ = ["made_folder", "tokeniser_file"]
