"""Opens the custom page of a sub-merchant, and shows what an error tells.

Takes its client from the WECHATPAY_* variables: real credentials, or those of `wechatpay sandbox`.
"""

from __future__ import annotations

import sys

from wechatpay_sdk import ApiError, Client, ConfigError, WechatPayError


def main(sub_mchid: str) -> int:
    try:
        client = Client.from_env()
    except ConfigError as error:
        print(f"{error}\nSet the WECHATPAY_* variables first.", file=sys.stderr)
        return 2

    with client:
        try:
            opened = client.goldplan.merchants.change_custom_page_status(sub_mchid=sub_mchid, operation_type="OPEN")
            print(f"custom page of {opened['sub_mchid']}: open")
            status = client.new_tax_control_fapiao.merchant.check_status(sub_mchid=sub_mchid)
            modes = [name for name in ("third_mode", "digital_tax_mode") if name in status]
            print(f"invoices of {status['sub_mchid']}: {', '.join(modes) or 'none'}")
        except ApiError as error:
            print(f"WeChat Pay refused: {error.code}: {error.message} (Request-ID {error.request_id})", file=sys.stderr)
            return 1
        except WechatPayError as error:
            again = "query the result before repeating" if error.may_have_taken_effect else "nothing has changed"
            print(f"{error} ({again})", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "1900000109"))
