"""Prints the files in dist/ after ``make release``, with their sizes and purposes, and the steps by hand."""

import sys
from fnmatch import fnmatch
from pathlib import Path

DIST = Path(__file__).parent.parent / "dist"

# The first pattern that fits says what a file is for.
PURPOSES = (
    ("store/*-chrome.zip", "the package to upload"),
    ("store/*-firefox.zip", "the package to upload"),
    ("store/*-sources.zip", "sources for Mozilla's reviewers"),
    ("store/*/icon-128.png", "store icon"),
    ("store/chrome-web-store/privacy.md", 'answers for the tab "Privacy"'),
    ("store/addons-mozilla-org/privacy.md", "data, permissions, source code"),
    ("store/*/reviewer-notes.txt", "how a reviewer tries it"),
    ("store/*/name.txt", "name"),
    ("store/*/short-description.txt", "short description"),
    ("store/*/summary.txt", "summary"),
    ("store/*/description.txt", "long description"),
    ("store/*/captions.txt", "captions of the screenshots"),
    ("store/*/promo-tile.png", "small promo tile"),
    ("store/*/[1-5]-*.png", "screenshot"),
    ("*.whl", "the server, to install with pip"),
    ("*.tar.gz", "the server's sources"),
    ("*.cdx.json", "bill of materials (CycloneDX)"),
)

STEPS = """
Nothing was uploaded. Next, by hand (docs/release.md has the details):
1. Chrome Web Store: https://chrome.google.com/webstore/devconsole, dist/store/chrome-web-store/
2. Firefox: https://addons.mozilla.org/developers/addon/submit/distribution, dist/store/addons-mozilla-org/
3. The server: publish the wheel, the .tar.gz and both bills of materials on the project's releases page."""

NO_HOME = """
Before you upload: the texts contain ADDRESS-OF-THE-PROJECT, because git has no remote "origin". Run
make release ARGS="--home https://…" with the project's public page, where docs/privacy.md can be read."""


def purpose(name: str) -> str:
    for pattern, words in PURPOSES:
        if fnmatch(name, pattern):
            return words
    sys.exit(f"tools/release_table.py: dist/{name} is not in PURPOSES. Say there what it is for.")


def size(count: int) -> str:
    return f"{count / 1000:,.1f} kB"


def main() -> None:
    files = sorted(path for path in DIST.rglob("*") if path.is_file() and path.name != ".gitignore")
    rows = [(path.relative_to(DIST).as_posix(), size(path.stat().st_size)) for path in files]
    width = max(len(name) for name, _ in rows)
    print(f"\n{'in dist/':{width}}  {'size':>10}  what it is for")
    for name, length in rows:
        print(f"{name:{width}}  {length:>10}  {purpose(name)}")
    print(STEPS)
    notes = DIST / "store" / "chrome-web-store" / "reviewer-notes.txt"
    if "ADDRESS-OF-THE-PROJECT" in notes.read_text("utf-8"):
        print(NO_HOME)


if __name__ == "__main__":
    main()
