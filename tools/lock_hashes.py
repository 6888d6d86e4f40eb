"""`tools/lock_hashes.py LOCK`: adds to each pin the SHA-256 of every file that the index has of that version.

pip-compile would download all of these files. The index lists their hashes, which is enough. Builds with a
label such as `+cpu`, which the first index does not have, may come from any place where pip looks. The hashes
of all other packages are those of the first index only: another place must serve the same files.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement
from packaging.version import Version
from pip._internal.models.link import Link
from piptools.repositories import PyPIRepository

PIN = re.compile(r"^(?P<pin>[A-Za-z0-9._-]+==\S+(?: ;[^#]*)?)\s*(?P<why>#.*)?$")


def main(lock: Path) -> None:
    with TemporaryDirectory() as cache:
        repository = PyPIRepository([], cache_dir=cache)
        lines = [_with_hashes(line, repository) for line in lock.read_text("utf-8").splitlines()]
    lock.write_text("\n".join(lines) + "\n", "utf-8")


def _with_hashes(line: str, repository: PyPIRepository) -> str:
    found = PIN.match(line)
    if found is None:
        return line
    hashes = _hashes(found["pin"], repository)
    if not hashes:
        sys.exit(f"The index lists no hash for {found['pin']}: use an index that does.")
    continued = " \\\n    ".join([found["pin"].strip(), *(f"--hash=sha256:{one}" for one in sorted(hashes))])
    return continued + (f"\n    {found['why']}" if found["why"] else "")


def _hashes(pin: str, repository: PyPIRepository) -> set[str]:
    requirement = Requirement(pin)
    version = Version(str(requirement.specifier).removeprefix("=="))
    first_index = repository.finder.index_urls[0]
    with repository.allow_all_wheels():
        links = [
            candidate.link
            for candidate in repository.find_all_candidates(requirement.name)
            if candidate.version.public == version.public
            and (candidate.version.local or str(candidate.link.comes_from).startswith(first_index))
        ]
    return {one for link in links if (one := _hash(link))}


def _hash(link: Link) -> str | None:
    if link.is_file and not link.has_hash:
        return hashlib.sha256(Path(link.file_path).read_bytes()).hexdigest()
    return link.hash if link.hash_name == "sha256" else None


if __name__ == "__main__":
    main(Path(sys.argv[1]))
