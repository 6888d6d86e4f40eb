"""The weaknesses that were found in commit 14cb6b9, tried at its server and at this checkout's."""
