"""Files go up from paths, bytes and readers; come down to the disk or as readers; and lists are read to their end."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wechatpay_sdk import AsyncClient, IntegrityError, InvalidRequestError, SavedFile

if TYPE_CHECKING:
    from local_wechatpay import Sandbox
    from wechatpay_sdk import Client

BILL = {"bill_date": "2026-11-25", "bill_type": "ALL"}
CONTENT = bytes(range(256)) * 4000


def arrived(sandbox: Sandbox) -> dict[str, Any]:
    form: dict[str, Any] = sandbox.journal()[-1]["form"]
    return form


def expected(filename: str, content_type: str) -> dict[str, Any]:
    digest = hashlib.sha256(CONTENT).hexdigest()
    return {
        "meta": {"sha256": digest, "filename": filename},
        "file": {"filename": filename, "content_type": content_type, "bytes": len(CONTENT), "sha256": digest},
    }


class Unseekable(io.RawIOBase):
    """What a socket looks like."""

    def __init__(self, content: bytes) -> None:
        self._inner = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._inner.readinto(buffer)


def test_files_go_up_in_every_form(client: Client, sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(CONTENT)
    before = set(os.listdir("/tmp")) if sys.platform == "linux" else set()
    with path.open("rb") as opened:
        for file in (path, ("a.png", CONTENT), ("a.png", bytearray(CONTENT)), opened, ("a.png", Unseekable(CONTENT))):
            client.merchant_service.images.upload(file=file)
            assert arrived(sandbox) == expected("a.png", "image/png"), file
    client.merchant_service.images.upload(file=("b.jpg", io.BytesIO(CONTENT)))
    assert arrived(sandbox) == expected("b.jpg", "image/jpeg")
    assert not [name for name in os.listdir("/tmp") if name not in before and name.startswith("wechatpay-")]


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        (io.BytesIO(b"a"), "has no name"),
        (("a.png", io.StringIO("a")), "binary mode"),
        (Path("/nowhere/a.png"), "No such file"),
        ("a.png", "must be a file"),
        (b"a", "or a file: a path, (filename, bytes), or open for reading"),
    ],
)
def test_what_is_no_file_is_refused_by_name(client: Client, sandbox: Sandbox, file: Any, problem: str) -> None:
    with pytest.raises(InvalidRequestError, match="file") as refused:
        client.merchant_service.images.upload(file=file)
    assert problem in str(refused.value)
    assert sandbox.journal() == []


def test_a_large_file_is_never_held_in_memory(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "large.mp4"
    with path.open("wb") as file:
        file.truncate(48 << 20)
    grown = sandbox.run_python(
        """
        import resource, sys
        from pathlib import Path
        from wechatpay_sdk import Client
        client = Client.from_env()
        client.merchant_service.images.upload(file=("small.png", b"a"))
        peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        before = peak()
        client.merchant_service.images.upload(file=Path(sys.argv[1]))
        print(peak() - before)
        """,
        str(path),
    )
    assert int(grown) < 8 << 10, f"{grown} KiB more for a file of 48 MiB"


def test_a_bill_comes_down_in_one_call(client: Client, tmp_path: Path) -> None:
    heard: list[tuple[int, int | None]] = []

    def progress(received: int, total: int | None) -> None:
        heard.append((received, total))

    to = tmp_path / "bill.csv"
    [saved] = client.download("bill.trade_bill.get", {**BILL, "tar_type": "GZIP"}, to, progress=progress)
    content = to.read_bytes()
    assert saved == SavedFile(path=str(to), length=len(content), hash_type="SHA1")
    reply = client.bill.trade_bill.get(**BILL)
    assert hashlib.sha1(content).hexdigest() == reply["hash_value"]
    assert heard[-1][0] == heard[-1][1] != len(content)

    # Without a place: a reader, of a file that has no name.
    [reader] = client.download("bill.trade_bill.get", BILL)
    with reader:
        assert reader.read() == content
    # By its address.
    url, hash_value = reply["download_url"], reply["hash_value"]
    assert client.download_url(url, tmp_path / "b.csv", hash_type="SHA1", hash_value=hash_value).length == len(content)
    with client.download_url(url, hash_type="SHA1", hash_value=hash_value) as reader:
        assert reader.read() == content


def test_what_was_altered_leaves_nothing_behind(client: Client, sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.fault("corrupt", match={"path": "/v3/billdownload/file"})
    with pytest.raises(IntegrityError) as refused:
        client.download("bill.trade_bill.get", BILL, tmp_path / "bill.csv")
    assert refused.value.code == "hash_mismatch"
    assert list(tmp_path.iterdir()) == []


def test_a_progress_that_raises_does_not_end_the_download(client: Client, tmp_path: Path) -> None:
    raised: list[Any] = []

    def fails(received: int, total: int | None) -> None:
        raise ZeroDivisionError

    hook, sys.unraisablehook = sys.unraisablehook, raised.append
    try:
        client.download("bill.trade_bill.get", BILL, tmp_path / "bill.csv", progress=fails)
    finally:
        sys.unraisablehook = hook
    assert (tmp_path / "bill.csv").exists()
    assert isinstance(raised[0].exc_value, ZeroDivisionError)


def test_a_list_is_read_page_by_page_and_only_as_far_as_needed(client: Client, sandbox: Sandbox) -> None:
    items = client.iterate("new_tax_control_fapiao.merchant.tax_codes.list", {"limit": 10})
    assert sandbox.journal() == []
    for _ in range(10):
        next(items)
    assert len(sandbox.journal()) == 1
    assert len(list(items)) == 13
    assert len(sandbox.journal()) == 3
    with pytest.raises(InvalidRequestError, match="gives no list"):
        next(client.iterate("bill.trade_bill.get", BILL))


def test_all_of_it_for_asyncio(sandbox: Sandbox, tmp_path: Path) -> None:
    async def main() -> None:
        async with AsyncClient(**sandbox.options) as client:
            await client.merchant_service.images.upload(file=("a.png", io.BytesIO(CONTENT)))
            assert arrived(sandbox) == expected("a.png", "image/png")
            heard: list[int] = []
            to = tmp_path / "bill.csv"
            [saved] = await client.download(
                "bill.trade_bill.get", BILL, to, progress=lambda received, _: heard.append(received)
            )
            assert heard[-1] == saved.length == to.stat().st_size
            [reader] = await client.download("bill.trade_bill.get", BILL)
            with reader:
                assert reader.read() == to.read_bytes()
            reply = await client.bill.trade_bill.get(**BILL)
            with await client.download_url(reply["download_url"]) as reader:
                assert reader.read() == to.read_bytes()
            items = [
                item async for item in client.iterate("new_tax_control_fapiao.merchant.tax_codes.list", {"limit": 10})
            ]
            assert len(items) == 23

    asyncio.run(main())
