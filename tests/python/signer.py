"""A merchant's key that lies elsewhere, as a case describes it: by ``cryptography``."""

from __future__ import annotations

import asyncio
import base64
import pathlib
import time
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

if TYPE_CHECKING:
    from collections.abc import Callable

OAEP = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)


class ElsewhereError(Exception):
    """What the key says instead of an answer."""


def functions(description: dict[str, Any] | None, *, is_async: bool) -> dict[str, Any]:
    """The options ``sign`` and ``decrypt``; none where the case describes no signer."""
    if description is None:
        return {}
    unknown = set(description) - {"key", "decrypts", "fails", "base64", "seconds"}
    assert not unknown, f"unknown members {unknown}"
    key = serialization.load_pem_private_key(pathlib.Path(description["key"]).read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)

    def sign(message: bytes) -> bytes:
        signature = key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return base64.b64encode(signature) if description.get("base64") else signature

    def decrypt(ciphertext: bytes) -> bytes:
        return key.decrypt(ciphertext, OAEP)

    wrap = _asynchronous if is_async else _blocking
    given = {"sign": wrap("sign", sign, description)}
    if description.get("decrypts", True):
        given["decrypt"] = wrap("decrypt", decrypt, description)
    return given


def _blocking(name: str, function: Callable[[bytes], bytes], description: dict[str, Any]) -> Any:
    def answer(data: bytes) -> bytes:
        time.sleep(description.get("seconds", 0))
        if name in description.get("fails", {}):
            raise ElsewhereError(description["fails"][name])
        return function(data)

    return answer


def _asynchronous(name: str, function: Callable[[bytes], bytes], description: dict[str, Any]) -> Any:
    async def answer(data: bytes) -> bytes:
        await asyncio.sleep(description.get("seconds", 0))
        if name in description.get("fails", {}):
            raise ElsewhereError(description["fails"][name])
        return function(data)

    return answer
