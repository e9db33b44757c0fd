"""Attempts: in errors, told to a hook, written to the log."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import pickle
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from local_wechatpay import SUB_MCHID
from wechatpay_sdk import (
    ApiError,
    AsyncClient,
    AttemptEnded,
    AttemptStarted,
    Client,
    ConfigError,
    TransportError,
    WechatPayError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_wechatpay import Sandbox

OPERATION = "goldplan.merchants.change_custom_page_status"
PARAMS = {"sub_mchid": SUB_MCHID, "operation_type": "OPEN"}
CLOSE = ("pay.transactions.close_by_out_trade_no", {"out_trade_no": "attempts-2"})
KINDS = pytest.mark.parametrize("kind", [Client, AsyncClient])


def options(sandbox: Sandbox, **changed: Any) -> dict[str, Any]:
    return {**sandbox.options, "backup_url": sandbox.info["backup_url"], "cool_down": 0.0001, **changed}


def call(client: Client | AsyncClient, operation: str = OPERATION, params: dict[str, Any] = PARAMS) -> Any:
    if isinstance(client, Client):
        return client.call(operation, params)

    async def run() -> Any:
        return await client.call(operation, params)

    return asyncio.run(run())


def flat(event: Any) -> tuple[Any, ...]:
    end = (event.phase, event.status, event.code) if isinstance(event, AttemptEnded) else ()
    return (event.number, event.host, *end)


@KINDS
def test_both_ends_of_every_attempt_are_told_in_order(sandbox: Sandbox, kind: Any) -> None:
    sandbox.fault("reset", after="work")
    told: list[Any] = []
    started = time.time()
    assert call(kind(**options(sandbox, on_attempt=told.append))) == {"sub_mchid": SUB_MCHID}
    main, backup = sandbox.info["base_url"], sandbox.info["backup_url"]
    assert [flat(event) for event in told] == [
        (1, main),
        (1, main, "waiting", None, "connection_broken"),
        (2, backup),
        (2, backup, "answered", 200, None),
    ]
    assert [type(event) for event in told] == [AttemptStarted, AttemptEnded] * 2
    assert {(event.operation, event.mchid, event.dropped) for event in told} == {(OPERATION, sandbox.info["mchid"], 0)}
    moments = [event.time for event in told]
    assert moments == sorted(moments)
    assert started - 1 < moments[0] <= moments[-1] < time.time() + 1
    assert told[3].request_id
    assert 0 < told[3].duration < 10
    # Nothing of what is sent, and no secret.
    for secret in (SUB_MCHID, "OPEN", sandbox.info["apiv3_key"], "WECHATPAY2"):
        assert secret not in repr(told)


@KINDS
def test_an_error_lists_its_attempts_and_what_tells_its_fate(sandbox: Sandbox, kind: Any) -> None:
    sandbox.fault("reset", after="work")
    sandbox.fault("status", status=400, body={"code": "ORDER_CLOSED", "message": "-"})
    operation, params = CLOSE
    with pytest.raises(ApiError) as caught:
        call(kind(**options(sandbox)), operation, {**params, "mchid": sandbox.info["mchid"]})
    error = caught.value
    assert error.check_with == "pay.transactions.get_by_out_trade_no"
    assert [(one.number, one.phase, one.status) for one in error.attempts] == [
        (1, "waiting", None),
        (2, "answered", 400),
    ]
    assert error.attempts[1].request_id == error.request_id
    again = pickle.loads(pickle.dumps(error))
    assert (again.attempts, again.check_with) == (error.attempts, error.check_with)
    with pytest.raises(AttributeError):
        error.attempts[0].number = 3  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]


def test_what_made_no_attempt_has_none(client: Client) -> None:
    with pytest.raises(WechatPayError) as caught:
        client.call(OPERATION, {"operation_type": "OPEN"})
    assert (caught.value.attempts, caught.value.check_with) == ((), None)
    assert WechatPayError("made by a test").attempts == ()


@KINDS
def test_what_a_hook_raises_ends_no_call(sandbox: Sandbox, kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def hook(event: object) -> None:
        raise RuntimeError("the metrics are down")

    reported: list[Any] = []

    def report(args: Any) -> None:
        reported.append((args.exc_value, args.object))

    monkeypatch.setattr(sys, "unraisablehook", report)
    assert call(kind(**options(sandbox, on_attempt=hook))) == {"sub_mchid": SUB_MCHID}
    assert [str(raised) for raised, _ in reported] == ["the metrics are down"] * 2
    assert {source for _, source in reported} == {hook}


@KINDS
@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_program_comes_out_of_a_hook(sandbox: Sandbox, kind: Any, end: type[BaseException]) -> None:
    def hook(event: object) -> None:
        if isinstance(event, AttemptEnded):
            raise end

    with pytest.raises(end):
        call(kind(**options(sandbox, on_attempt=hook)))


@KINDS
def test_a_hook_belongs_to_its_client_and_runs_where_the_call_is_waited_for(sandbox: Sandbox, kind: Any) -> None:
    where: contextvars.ContextVar[str] = contextvars.ContextVar("where", default="nowhere")
    told: list[Any] = []

    def hook(name: str) -> Callable[[Any], None]:
        return lambda event: told.append((name, where.get(), threading.current_thread().name))

    clients = [kind(**options(sandbox, on_attempt=hook(str(at)))) for at in range(8)]

    def run(at: int) -> None:
        where.set(f"call {at}")
        call(clients[at])

    threads = [threading.Thread(target=run, args=(at,), name=f"thread {at}") for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == sorted((str(at), f"call {at}", f"thread {at}") for at in range(8) for _ in range(2))


def test_tasks_of_one_loop_are_told_in_their_own_contexts(sandbox: Sandbox) -> None:
    task: contextvars.ContextVar[int] = contextvars.ContextVar("task")
    told: list[int] = []

    def hook(_: object) -> None:
        told.append(task.get())

    client = AsyncClient(**options(sandbox, on_attempt=hook))

    async def one(at: int) -> None:
        task.set(at)
        await client.call(OPERATION, PARAMS)

    async def main() -> None:
        await asyncio.gather(*(one(at) for at in range(16)))

    asyncio.run(main())
    assert sorted(told) == sorted([*range(16)] * 2)


def test_a_hook_may_make_calls(sandbox: Sandbox) -> None:
    plain = Client(**options(sandbox))
    made: list[Any] = []

    def hook(_: object) -> None:
        made.append(call(plain))

    client = Client(**options(sandbox, on_attempt=hook))
    call(client)
    assert made == [{"sub_mchid": SUB_MCHID}] * 2


def test_derived_clients_are_watched_too(sandbox: Sandbox) -> None:
    told: list[Any] = []
    client = Client(**options(sandbox, on_attempt=told.append))
    own = {name: value for name, value in sandbox.options.items() if name != "base_url"}
    call(client.with_options(timeout=5))
    call(client.for_merchant(**own))
    assert len(told) == 4
    call(client.with_options(on_attempt=lambda _: None))
    call(Client(**options(sandbox)).with_options(on_attempt=told.append))
    assert len(told) == 6
    with pytest.raises(ConfigError, match="on_attempt is the first client's"):
        client.for_merchant(**own, on_attempt=told.append)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


@KINDS
def test_what_is_no_plain_function_is_refused(sandbox: Sandbox, kind: Any) -> None:
    async def hook(event: object) -> None:
        pass

    for wrong in ("print", hook):
        with pytest.raises(ConfigError, match="on_attempt") as caught:
            kind(**options(sandbox, on_attempt=wrong))
        assert caught.value.field == "on_attempt"


# ---------------------------------------------------------------- the log


@KINDS
def test_attempts_and_failures_are_logged_where_that_is_enabled(
    sandbox: Sandbox, kind: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with caplog.at_level(logging.DEBUG, "wechatpay_sdk"):
        call(kind(**options(sandbox)))
        with pytest.raises(TransportError):
            call(kind(**options(sandbox, base_url=nowhere, backup_url=None, retry="off")))
    records = [(record.name, record.levelname) for record in caplog.records if record.name != "asyncio"]
    names = [("wechatpay_sdk", level) for level in ("DEBUG", "DEBUG", "WARNING")]
    assert records == names
    told = [record.getMessage() for record in caplog.records if record.name != "asyncio"]
    assert told[0].startswith(f"{OPERATION}: attempt 1 at {sandbox.info['base_url']}: answered, 200 in ")
    assert "connecting, connect_failed" in told[1]
    assert told[2].endswith("; attempts: 1")
    assert SUB_MCHID not in "".join(told)
    caplog.clear()
    with caplog.at_level(logging.ERROR, "wechatpay_sdk"), pytest.raises(TransportError):
        call(kind(**options(sandbox, base_url=nowhere, backup_url=None, retry="off")))
    assert [record for record in caplog.records if record.name == "wechatpay_sdk"] == []


def test_nothing_is_printed_and_logging_is_not_imported(sandbox: Sandbox) -> None:
    program = f"""
        import sys
        from wechatpay_sdk import Client, WechatPayError
        client = Client.from_env()
        client.call({OPERATION!r}, {PARAMS!r})
        try:
            client.call("no.such.operation")
        except WechatPayError:
            print("logging" in sys.modules)
        import logging
        try:
            client.call("no.such.operation")
        except WechatPayError:
            print("refused")
    """
    assert sandbox.run_python(program) == "False\nrefused\n"
