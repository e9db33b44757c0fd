"""A merchant's key that lies elsewhere: callables that sign and decrypt, plain and asynchronous."""

from __future__ import annotations

import asyncio
import base64
import contextvars
import functools
import gc
import pathlib
import threading
import traceback
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from local_wechatpay import SUB_MCHID
from wechatpay_sdk import AsyncClient, Client, ConfigError, DecryptError, TimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_wechatpay import Sandbox

PARALLEL = 32
TITLE = {"scene": "WITH_WECHATPAY", "fapiao_apply_id": "4200000444201910177461284488"}
OAEP = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)


class Vault:
    """The sandbox's merchant key, by another library."""

    def __init__(self, sandbox: Sandbox) -> None:
        pem = pathlib.Path(sandbox.info["merchant_private_key_path"]).read_bytes()
        key = serialization.load_pem_private_key(pem, None)
        assert isinstance(key, rsa.RSAPrivateKey)
        self.key = key

    def sign(self, message: bytes) -> bytes:
        assert type(message) is bytes
        return self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    def decrypt(self, ciphertext: bytes) -> bytes:
        return self.key.decrypt(ciphertext, OAEP)

    async def sign_async(self, message: bytes) -> bytes:
        await asyncio.sleep(0)
        return self.sign(message)

    async def decrypt_async(self, ciphertext: bytes) -> bytes:
        await asyncio.sleep(0)
        return self.decrypt(ciphertext)

    __call__ = sign


class AsyncVault(Vault):
    __call__ = Vault.sign_async  # type: ignore[assignment] # pyright: ignore[reportAssignmentType]


class VaultError(Exception):
    pass


@pytest.fixture
def vault(sandbox: Sandbox) -> Vault:
    return Vault(sandbox)


def without_key(sandbox: Sandbox, **options: Any) -> dict[str, Any]:
    given = {name: value for name, value in sandbox.options.items() if name != "merchant_private_key_path"}
    return {**given, **options}


def check(client: Client) -> Any:
    return client.new_tax_control_fapiao.merchant.check_status(sub_mchid=SUB_MCHID)


async def check_async(client: AsyncClient) -> Any:
    return await client.new_tax_control_fapiao.merchant.check_status(sub_mchid=SUB_MCHID)


def open_page(client: Client) -> Any:
    return client.goldplan.merchants.change_custom_page_status(sub_mchid=SUB_MCHID, operation_type="OPEN")


# ---------------------------------------------------------------- what signs


def plain(vault: Vault) -> list[Callable[[bytes], Any]]:
    return [
        vault.sign,
        vault,
        functools.partial(Vault.sign, vault),
        lambda message: bytearray(vault.sign(message)),
        lambda message: memoryview(vault.sign(message)),
    ]


@pytest.mark.parametrize("at", range(5))
def test_every_plain_callable_signs(sandbox: Sandbox, vault: Vault, at: int) -> None:
    assert check(Client(**without_key(sandbox, sign=plain(vault)[at])))["sub_mchid"] == SUB_MCHID
    assert sandbox.journal()[0]["authorized"] is True


@pytest.mark.parametrize("at", range(9))
def test_every_callable_signs_for_an_event_loop(sandbox: Sandbox, vault: Vault, at: int) -> None:
    asynchronous: list[Callable[[bytes], Any]] = [
        vault.sign_async,
        AsyncVault(sandbox),
        functools.partial(Vault.sign_async, vault),
        lambda message: vault.sign_async(message),
    ]
    client = AsyncClient(**without_key(sandbox, sign=[*plain(vault), *asynchronous][at]))
    assert asyncio.run(check_async(client))["sub_mchid"] == SUB_MCHID
    assert sandbox.journal()[0]["authorized"] is True


def test_fields_are_decrypted(sandbox: Sandbox, vault: Vault) -> None:
    client = Client(**without_key(sandbox, sign=vault.sign, decrypt=vault.decrypt))
    assert client.new_tax_control_fapiao.user_title.get(**TITLE).get("phone") == "phone"
    ciphertext = base64.b64encode(vault.key.public_key().encrypt("张三".encode(), OAEP)).decode()
    assert client.decrypt(ciphertext) == "张三"
    async_client = AsyncClient(**without_key(sandbox, sign=vault.sign, decrypt=vault.decrypt_async))
    assert asyncio.run(async_client.decrypt(ciphertext)) == "张三"


def test_derived_clients_keep_the_key_and_other_merchants_bring_their_own(sandbox: Sandbox, vault: Vault) -> None:
    client = Client(**without_key(sandbox, sign=vault.sign))
    assert check(client.with_options(timeout=20))["sub_mchid"] == SUB_MCHID
    own = without_key(sandbox)
    del own["base_url"]
    signed: list[bytes] = []

    def sign(message: bytes) -> bytes:
        signed.append(message)
        return vault.sign(message)

    assert check(client.for_merchant(**own, sign=sign))["sub_mchid"] == SUB_MCHID
    assert [message.split(b"\n")[0] for message in signed] == [b"GET"]
    with pytest.raises(ConfigError, match="or give sign"):
        client.for_merchant(**own)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_what_is_no_key_is_refused_when_the_client_is_made(sandbox: Sandbox, vault: Vault, kind: Any) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"sign": b"no function"}, "sign"),
        ({"sign": vault.sign, "decrypt": 1}, "decrypt"),
        ({"decrypt": vault.decrypt}, "decrypt"),
    ]
    for functions, field in wrong:
        with pytest.raises(ConfigError) as caught:
            kind(**without_key(sandbox, **functions))
        assert caught.value.field == field
        assert "no function" not in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        kind(**sandbox.options, sign=vault.sign)
    assert caught.value.code == "conflicting_options"


def test_a_blocking_client_awaits_nothing(sandbox: Sandbox, vault: Vault, recwarn: pytest.WarningsRecorder) -> None:
    for function in (vault.sign_async, AsyncVault(sandbox), functools.partial(Vault.sign_async, vault)):
        with pytest.raises(ConfigError, match="takes an AsyncClient") as caught:
            Client(**without_key(sandbox, sign=function))
        assert caught.value.field == "sign"

    def sign(message: bytes) -> Any:
        return vault.sign_async(message)

    client = Client(**without_key(sandbox, sign=sign))
    with pytest.raises(ConfigError, match="sign is asynchronous") as caught:
        check(client)
    assert caught.value.code == "signer_failed"
    gc.collect()
    assert [str(warning.message) for warning in recwarn] == [], "a coroutine was left behind"


# ---------------------------------------------------------------- what fails


def fail(message: bytes) -> bytes:
    raise VaultError("the vault is sealed")


async def fail_async(message: bytes) -> bytes:
    raise VaultError("the vault is sealed")


def assert_is_the_cause(error: BaseException, function: str) -> None:
    cause = error.__cause__
    assert type(cause) is VaultError
    assert str(cause) == "the vault is sealed"
    assert function in [frame.name for frame in traceback.extract_tb(cause.__traceback__)]


def test_what_the_key_raises_is_the_cause(sandbox: Sandbox, vault: Vault) -> None:
    with pytest.raises(ConfigError) as caught:
        open_page(Client(**without_key(sandbox, sign=fail)))
    error = caught.value
    assert "sign failed: VaultError: the vault is sealed; nothing was sent" in str(error)
    assert (error.code, error.retryability, error.may_have_taken_effect) == ("signer_failed", "safe", False)
    assert_is_the_cause(error, "fail")
    with pytest.raises(DecryptError) as failed:
        Client(**without_key(sandbox, sign=vault.sign, decrypt=fail)).call(
            "new_tax_control_fapiao.user_title.get", TITLE
        )
    assert_is_the_cause(failed.value, "fail")
    assert len(sandbox.journal()) == 1


@pytest.mark.parametrize("function", [fail, fail_async])
def test_what_the_key_raises_in_an_event_loop_is_the_cause(sandbox: Sandbox, function: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        asyncio.run(check_async(AsyncClient(**without_key(sandbox, sign=function))))
    assert caught.value.code == "signer_failed"
    assert_is_the_cause(caught.value, function.__name__)
    assert sandbox.journal() == []


@pytest.mark.parametrize("given", ["SecretText", None, 7])
def test_what_is_no_bytes_is_told_by_its_type(sandbox: Sandbox, given: Any) -> None:
    def give(message: bytes) -> Any:
        return given

    with pytest.raises(ConfigError) as caught:
        check(Client(**without_key(sandbox, sign=give)))
    assert f"TypeError: sign must give bytes, not {type(given).__name__}" in str(caught.value)
    assert "SecretText" not in str(caught.value)


def test_an_exception_without_words_has_a_name(sandbox: Sandbox) -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("not even this")

    def sign(message: bytes) -> bytes:
        raise MuteError

    with pytest.raises(ConfigError, match="sign failed: MuteError; nothing"):
        check(Client(**without_key(sandbox, sign=sign)))


# ---------------------------------------------------------------- many at once, and in time


def test_many_threads_ask_at_once(sandbox: Sandbox, vault: Vault) -> None:
    """None comes out before all are inside: a lock held while one waits would break the barrier."""
    inside = threading.Barrier(PARALLEL, timeout=60)

    def sign(message: bytes) -> bytes:
        inside.wait()
        return vault.sign(message)

    client = Client(**without_key(sandbox, sign=sign, timeout=60))
    with ThreadPoolExecutor(PARALLEL) as pool:
        results = list(pool.map(check, [client] * PARALLEL))
    assert [result["sub_mchid"] for result in results] == [SUB_MCHID] * PARALLEL
    assert all(entry["authorized"] for entry in sandbox.journal())


def test_many_tasks_ask_at_once_on_their_own_loop(sandbox: Sandbox, vault: Vault) -> None:
    async def main() -> list[Any]:
        loop, inside, all_inside = asyncio.get_running_loop(), 0, asyncio.Event()

        async def sign(message: bytes) -> bytes:
            nonlocal inside
            assert asyncio.get_running_loop() is loop
            inside += 1
            if inside == PARALLEL:
                all_inside.set()
            await all_inside.wait()
            return vault.sign(message)

        client = AsyncClient(**without_key(sandbox, sign=sign, timeout=60))
        results: list[Any] = await asyncio.gather(*(check_async(client) for _ in range(PARALLEL)))
        return results

    assert [result["sub_mchid"] for result in asyncio.run(main())] == [SUB_MCHID] * PARALLEL


def test_a_plain_callable_does_not_hold_up_the_loop(sandbox: Sandbox, vault: Vault) -> None:
    async def main() -> None:
        loop_thread, released = threading.get_ident(), threading.Event()

        def sign(message: bytes) -> bytes:
            assert threading.get_ident() != loop_thread
            assert released.wait(60), "the loop stands still"
            return vault.sign(message)

        call = asyncio.ensure_future(check_async(AsyncClient(**without_key(sandbox, sign=sign, timeout=60))))
        await asyncio.sleep(0.05)
        released.set()
        await call

    asyncio.run(main())


def test_the_key_sees_the_context_of_the_call(sandbox: Sandbox, vault: Vault) -> None:
    request: contextvars.ContextVar[str] = contextvars.ContextVar("request")
    seen: list[str] = []

    async def sign(message: bytes) -> bytes:
        seen.append(request.get())
        return vault.sign(message)

    def sign_plainly(message: bytes) -> bytes:
        seen.append(request.get())
        return vault.sign(message)

    async def main() -> None:
        for name, function in (("first", sign), ("second", sign_plainly)):
            request.set(name)
            await check_async(AsyncClient(**without_key(sandbox, sign=function)))

    asyncio.run(main())
    assert seen == ["first", "second"]


def test_a_key_that_hangs_is_given_up_at_the_deadline(sandbox: Sandbox) -> None:
    async def main() -> None:
        ended = asyncio.Event()

        async def sign(message: bytes) -> bytes:
            try:
                await asyncio.sleep(3600)
            finally:
                ended.set()
            return b""

        with pytest.raises(TimeoutError, match=r"sign did not answer within .* nothing was sent") as caught:
            await check_async(AsyncClient(**without_key(sandbox, sign=sign, timeout=0.3)))
        assert (caught.value.code, caught.value.retryability) == ("signer_timeout", "safe")
        await asyncio.wait_for(ended.wait(), 30)

    asyncio.run(main())
    assert sandbox.journal() == []


def test_cancelling_the_call_cancels_the_answer(sandbox: Sandbox) -> None:
    async def main() -> None:
        begun, ended = asyncio.Event(), asyncio.Event()

        async def sign(message: bytes) -> bytes:
            begun.set()
            try:
                await asyncio.sleep(3600)
            finally:
                ended.set()
            return b""

        call = asyncio.ensure_future(check_async(AsyncClient(**without_key(sandbox, sign=sign))))
        await asyncio.wait_for(begun.wait(), 30)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await asyncio.wait_for(ended.wait(), 30)

    asyncio.run(main())
    assert sandbox.journal() == []


def test_a_key_may_make_calls_of_its_own(
    sandbox: Sandbox, vault: Vault, client: Client, async_client: AsyncClient
) -> None:
    def sign(message: bytes) -> bytes:
        assert check(client)["sub_mchid"] == SUB_MCHID
        return vault.sign(message)

    async def sign_async(message: bytes) -> bytes:
        assert (await check_async(async_client))["sub_mchid"] == SUB_MCHID
        return vault.sign(message)

    check(Client(**without_key(sandbox, sign=sign)))
    asyncio.run(check_async(AsyncClient(**without_key(sandbox, sign=sign_async))))
    assert len(sandbox.journal()) == 4


def test_an_owner_whose_method_signs_is_collected(sandbox: Sandbox) -> None:
    class Shop:
        def __init__(self) -> None:
            self.vault = Vault(sandbox)
            self.client = Client(**without_key(sandbox, sign=self.sign))

        def sign(self, message: bytes) -> bytes:
            return self.vault.sign(message)

    shop = Shop()
    check(shop.client)
    gone = weakref.ref(shop)
    del shop
    gc.collect()
    assert gone() is None


# ---------------------------------------------------------------- how programs end

PROGRAM = """
import asyncio, os, signal, sys, threading, time
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from wechatpay_sdk import AsyncClient, Client, WechatPayError
key = serialization.load_pem_private_key(open(os.environ["WECHATPAY_MERCHANT_PRIVATE_KEY_PATH"], "rb").read(), None)
def good(message):
    return key.sign(message, padding.PKCS1v15(), hashes.SHA256())
def options(**more):
    names = "mchid serial_no public_key_id platform_public_key_path base_url".split()
    return {**{name: os.environ["WECHATPAY_" + name.upper()] for name in names}, **more}
PARAMS = dict(sub_mchid="1900000109", operation_type="OPEN")
def call(client):
    return client.goldplan.merchants.change_custom_page_status(**PARAMS)
"""


def test_ctrl_c_ends_a_call_whose_key_does_not_answer(sandbox: Sandbox) -> None:
    program = (
        PROGRAM
        + """
def sign(message):
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(3600)
try:
    call(Client(**options(sign=sign)))
except KeyboardInterrupt as error:
    print(type(error.__cause__).__name__, error.__cause__.code, error.__cause__.may_have_taken_effect)
"""
    )
    assert sandbox.run_python(program) == "ConfigError signer_failed False\n"
    assert sandbox.journal() == []


@pytest.mark.parametrize(
    "ending",
    [
        # The loop ends while the answer is awaited.
        "async def main():\n"
        "    calls = [asyncio.ensure_future(call(AsyncClient(**options(sign=hang_async)))) for _ in range(3)]\n"
        "    await begun.wait()\n"
        "begun = asyncio.Event()\n"
        "asyncio.run(main())",
        # The interpreter ends while a thread is inside the key.
        "threading.Thread(target=lambda: call(Client(**options(sign=hang))), daemon=True).start()\ninside.wait()",
        # It ends from inside the key.
        "try:\n    call(Client(**options(sign=lambda message: sys.exit(0))))\nfinally:\n    print('ended')",
    ],
)
def test_a_program_ends_whatever_its_key_does(sandbox: Sandbox, ending: str) -> None:
    program = f"""{PROGRAM}
inside = threading.Event()
def hang(message):
    inside.set()
    time.sleep(3600)
async def hang_async(message):
    begun.set()
    await asyncio.sleep(3600)
{ending}
"""
    assert sandbox.run_python(program) in ("", "ended\n")
    assert sandbox.journal() == []


def test_a_key_signs_on_both_sides_of_a_fork(sandbox: Sandbox) -> None:
    program = (
        PROGRAM
        + """
async def good_async(message):
    return good(message)
client, async_client = Client(**options(sign=good)), AsyncClient(**options(sign=good_async))
def both():
    assert call(client) == {"sub_mchid": "1900000109"}
    assert asyncio.run(call_async()) == {"sub_mchid": "1900000109"}
async def call_async():
    return await call(async_client)
both()
pid = os.fork()
if pid == 0:
    try:
        both()
        os._exit(0)
    finally:
        os._exit(1)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
both()
print("good")
"""
    )
    assert sandbox.run_python(program) == "good\n"
    assert len(sandbox.journal()) == 6
