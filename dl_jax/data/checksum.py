"""SHA-256 checksums of files."""

from hashlib import file_digest
from pathlib import Path


def sha256_of(path: Path | str) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal digits. OSError if the file cannot be read."""
    with open(path, "rb") as file:
        return file_digest(file, "sha256").hexdigest()
