"""Files: those that are uploaded, and those that were downloaded."""

# Annotations are types here, for whoever reads them at run time; 3.9 has no `|`.
import os
from binascii import b2a_base64
from typing import Any, BinaryIO, NamedTuple, Optional, Protocol, Union


class Readable(Protocol):
    """What can be read: a file that is open in binary mode, for example."""

    def read(self, size: int = ..., /) -> bytes: ...


# A file to upload: a path; a file that is open for reading in binary mode; or its name, and its bytes or something to
# read them from. What is read goes into a temporary file first: its digest is signed before its first byte is sent.
FileParam = Union["os.PathLike[str]", Readable, tuple[str, Union[bytes, bytearray, memoryview, Readable]]]


class SavedFile(NamedTuple):
    """A file that was downloaded.

    path: where it is.
    length: in bytes, inflated.
    hash_type: what it was checked with (SHA1, SHA256, SM3); None where the platform gives no hash.
    """

    path: str
    length: int
    hash_type: Optional[str]


def record_of(value: Any, opened: list[Any]) -> Optional[dict[str, str]]:
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


class _Spool:
    """A temporary file that is gone with this."""

    def __init__(self, path: str) -> None:
        import weakref

        self.path = path
        weakref.finalize(self, os.unlink, path)


def _spooled(file: Readable, opened: list[Any]) -> str:
    import shutil
    import tempfile

    descriptor, path = tempfile.mkstemp(prefix="wechatpay-")
    opened.append(_Spool(path))
    try:
        with os.fdopen(descriptor, "wb") as spool:
            shutil.copyfileobj(file, spool)
    except TypeError:
        raise ValueError("must be opened in binary mode") from None
    return path


def files_of(reply: dict[str, Any], to: object) -> Union[list[SavedFile], list[BinaryIO]]:
    """The files of a download. Without a place they are open, and have no name: they are gone when they are closed."""
    if to is not None:
        return [SavedFile(**file) for file in reply["files"]]
    files: list[BinaryIO] = [open(file["path"], "rb") for file in reply["files"]]  # noqa: SIM115 - the caller's
    for file in reply["files"]:
        os.unlink(file["path"])
    os.rmdir(reply["folder"])
    return files
