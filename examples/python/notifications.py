"""Receives notifications with nothing but the standard library.

Takes its keys from the WECHATPAY_* variables: the platform's, and the APIv3 key. It needs no merchant number and no
private key.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING
from wsgiref.simple_server import make_server

from wechatpay_sdk import Answer, ConfigError, Notification, Notifications, WechatPayError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

LONGEST = 1 << 20

# The same notification may come many times: in a shop this is a table with a unique key.
taken: set[str] = set()


def receive(notifications: Notifications, environ: WSGIEnvironment) -> Answer:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > LONGEST:
        return notifications.failure("too long")
    body = environ["wsgi.input"].read(length)
    try:
        notification = notifications.parse(environ, body)
    except WechatPayError as error:
        print(f"refused: {error}", file=sys.stderr)
        return notifications.failure(error.code)
    if notification.id not in taken:
        handle(notification)
        taken.add(notification.id)
    return notification.ack()


def handle(notification: Notification) -> None:
    # The platform waits 5 seconds for the answer: keep the notification here, and work on it afterwards.
    print(f"{notification.event_type}: {notification.resource['out_trade_no']}", flush=True)


class App:
    def __init__(self, notifications: Notifications) -> None:
        self.notifications = notifications

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status, headers, body = receive(self.notifications, environ)
        start_response(f"{status} {HTTPStatus(status).phrase}", list(headers.items()))
        return [body]


def main(port: int) -> int:
    try:
        app = App(Notifications.from_env())
    except ConfigError as error:
        print(f"{error}\nSet the WECHATPAY_* variables first.", file=sys.stderr)
        return 2
    with make_server("127.0.0.1", port, app) as server:
        print(f"listening on {server.server_port}", flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8000))
