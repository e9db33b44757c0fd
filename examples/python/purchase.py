"""A whole purchase on a page in WeChat: prepay, the record for the page, the notification of the payment, the query.

Takes its options from the WECHATPAY_* variables. Against the local WeChat Pay (``wechatpay sandbox``) the order is paid
by ``POST /orders/pay`` of its admin listener: ``{"out_trade_no": ...}``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, make_server

from wechatpay_sdk import Client, ConfigError, WechatPayError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

APPID = "wxd678efh567hg6787"
OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"


class Shop:
    def __init__(self, client: Client) -> None:
        self.client = client
        self.paid: set[str] = set()

    def order(self, out_trade_no: str, notify_url: str) -> None:
        """Prints what the page hands to ``WeixinJSBridge.invoke("getBrandWCPayRequest", record)``."""
        prepay = self.client.pay.transactions.jsapi.create(
            appid=APPID,
            mchid=self.client.mchid,
            description="tea",
            out_trade_no=out_trade_no,
            notify_url=notify_url,
            amount={"total": 100},
            payer={"openid": OPENID},
        )
        record = self.client.invocation.jsapi(appid=APPID, prepay_id=prepay["prepay_id"])
        print(json.dumps(record), flush=True)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        try:
            notification = self.client.notifications.parse(environ, body)
        except WechatPayError as error:
            answer = self.client.notifications.failure(error.code)
        else:
            # A payment; as profitsharing the same event tells of money that was shared.
            if notification.event_type == "TRANSACTION.SUCCESS" and notification.original_type == "transaction":
                self.paid.add(notification.resource.get("out_trade_no", ""))
            answer = notification.ack()
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(answer.headers.items()))
        return [answer.body]


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def main(out_trade_no: str) -> int:
    try:
        shop = Shop(Client.from_env())
        with make_server("127.0.0.1", 0, shop, handler_class=Quiet) as server:
            shop.order(out_trade_no, f"http://127.0.0.1:{server.server_port}/notify")
            while out_trade_no not in shop.paid:
                server.handle_request()
        # The notification says that it is paid; the query is what to trust where one never comes.
        mchid = shop.client.mchid
        order = shop.client.pay.transactions.get_by_out_trade_no(out_trade_no=out_trade_no, mchid=mchid)
    except ConfigError as error:
        print(f"{error}\nSet the WECHATPAY_* variables first.", file=sys.stderr)
        return 2
    except WechatPayError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{out_trade_no}: {order.get('trade_state')}, {order['amount']['total']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "T-1"))
