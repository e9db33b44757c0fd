"""Files: those that are uploaded, and those that were downloaded."""

from __future__ import annotations

import os
from binascii import b2a_base64
from typing import TYPE_CHECKING, Any, NamedTuple, Union

if TYPE_CHECKING:
    from typing import BinaryIO, Protocol

    from typing_extensions import TypeAlias

    class Readable(Protocol):
        def read(self, size: int = ..., /) -> bytes: ...

    Bytes: TypeAlias = Union[bytes, bytearray, memoryview]

# A file to upload: a path; a file that is open for reading in binary mode; or its name, and its bytes or something to
# read them from. What is read goes into a temporary file first: its digest is signed before its first byte is sent.
FileParam = Union["os.PathLike[str]", "Readable", "tuple[str, Bytes | Readable]"]


class SavedFile(NamedTuple):
    """A file that was downloaded.

    path: where it is.
    length: in bytes, inflated.
    hash_type: what it was checked with (SHA1, SHA256, SM3); None where the platform gives no hash.
    """

    path: str
    length: int
    hash_type: str | None


def record_of(value: Any, opened: list[Any]) -> dict[str, str] | None:
    """The file as the core takes it, or None where it is none. What must live until the call has ended is put into
    ``opened``. Raises ValueError, which says what is wrong with it.
    """
    if isinstance(value, os.PathLike):
        return {"path": os.fsdecode(value)}
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
        filename, content = value
        if isinstance(content, (bytes, bytearray, memoryview)):
            return {"filename": filename, "content": b2a_base64(content, newline=False).decode("ascii")}
        if hasattr(content, "read"):
            return {"filename": filename, "path": _spooled(content, opened)}
    if hasattr(value, "read"):
        name = getattr(value, "name", None)
        if not isinstance(name, str):
            raise ValueError("has no name; write it as (filename, file)")
        return {"filename": os.path.basename(name), "path": _spooled(value, opened)}
    return None


def _spooled(file: Readable, opened: list[Any]) -> str:
    import shutil
    import tempfile

    spool = tempfile.NamedTemporaryFile()  # noqa: SIM115 - it is removed when the call that holds it goes
    opened.append(spool)
    try:
        shutil.copyfileobj(file, spool)
        spool.flush()
    except TypeError:
        raise ValueError("must be opened in binary mode") from None
    return spool.name


def saved(reply: dict[str, Any]) -> list[SavedFile]:
    return [SavedFile(**file) for file in reply["files"]]


def opened(reply: dict[str, Any]) -> list[BinaryIO]:
    """The files of a download without a place: open, and without a name, so that they are gone when they are closed."""
    files: list[BinaryIO] = [open(file["path"], "rb") for file in reply["files"]]  # noqa: SIM115 - the caller's
    for file in reply["files"]:
        os.unlink(file["path"])
    os.rmdir(reply["folder"])
    return files
