"""Receives notifications with Flask: ``gunicorn -w 4 flask_receiver:app``, or ``flask --app flask_receiver run``.

Takes its keys from the WECHATPAY_* variables: the platform's, and the APIv3 key. WECHATPAY_SEEN_REDIS is the URL of the
Redis by which several processes know what has been processed; one process alone may do without.
"""

from __future__ import annotations

import contextlib
import os

from flask import Flask, Response, request
from wechatpay_sdk import Notification, Notifications, Seen, WechatPayError

redis = os.environ.get("WECHATPAY_SEEN_REDIS")
seen = Seen.redis(redis) if redis else Seen.memory()
notifications = Notifications.from_env()
app = Flask(__name__)


@app.post("/notify")
def notify() -> Response:
    try:
        # The signature covers the bytes of the body: request.json would be something else.
        notification = notifications.parse(request.headers, request.get_data())
        if seen.claim(notification.id):
            process(notification)
        answer = notification.ack()
    except WechatPayError as error:
        app.logger.warning("refused: %s: %s", error.code, error)
        answer = notifications.failure(error.code)
    except Exception:
        app.logger.exception("not processed")
        answer = notifications.failure("not processed")
    return Response(answer.body, answer.status, answer.headers)


def process(notification: Notification) -> None:
    try:
        handle(notification)
    except Exception:
        with contextlib.suppress(WechatPayError):  # free again by itself after two minutes
            seen.release(notification.id)
        raise
    try:
        seen.done(notification.id)
    except WechatPayError as error:
        # It has been processed: a failure would bring it again.
        app.logger.warning("not remembered: %s: %s", error.code, error)


def handle(notification: Notification) -> None:
    # The platform waits 5 seconds for the answer: keep it here, in one transaction, and work on it afterwards.
    print(f"{notification.id} {notification.event_type} {notification.resource['out_trade_no']}", flush=True)
