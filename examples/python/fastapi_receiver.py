"""Receives notifications with FastAPI: ``uvicorn fastapi_receiver:app --workers 4``.

Takes its keys from the WECHATPAY_* variables: the platform's, and the APIv3 key. WECHATPAY_SEEN_REDIS is the URL of the
Redis by which several processes know what has been processed; one process alone may do without.
"""

from __future__ import annotations

import contextlib
import logging
import os

from fastapi import FastAPI, Request, Response
from wechatpay_sdk import AsyncSeen, Notification, Notifications, WechatPayError

log = logging.getLogger("uvicorn.error")
redis = os.environ.get("WECHATPAY_SEEN_REDIS")
seen = AsyncSeen.redis(redis) if redis else AsyncSeen.memory()
notifications = Notifications.from_env()
app = FastAPI()


@app.post("/notify")
async def notify(request: Request) -> Response:
    try:
        # The signature covers the bytes of the body: no model may parse them first.
        notification = notifications.parse(request.headers, await request.body())
        if await seen.claim(notification.id):
            await process(notification)
        answer = notification.ack()
    except WechatPayError as error:
        log.info("refused: %s: %s", error.code, error)
        answer = notifications.failure(error.code)
    except Exception:
        log.exception("not processed")
        answer = notifications.failure("not processed")
    return Response(answer.body, answer.status, answer.headers)


async def process(notification: Notification) -> None:
    try:
        await handle(notification)
    except Exception:
        with contextlib.suppress(WechatPayError):  # free again by itself after two minutes
            await seen.release(notification.id)
        raise
    try:
        await seen.done(notification.id)
    except WechatPayError as error:
        # It has been processed: a failure would bring it again.
        log.warning("not remembered: %s: %s", error.code, error)


async def handle(notification: Notification) -> None:
    # The platform waits 5 seconds for the answer: keep it here, in one transaction, and work on it afterwards.
    print(f"{notification.id} {notification.event_type} {notification.resource['out_trade_no']}", flush=True)
