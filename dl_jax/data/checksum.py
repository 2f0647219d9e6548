"""By what a file's bytes are known again."""

from hashlib import file_digest
from pathlib import Path


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal digits. OSError if it cannot be read."""
    with open(path, "rb") as file:
        return file_digest(file, "sha256").hexdigest()
