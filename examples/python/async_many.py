"""Opens the custom page of many sub-merchants at once with asyncio, at most 32 calls at a time.

Takes its client from the WECHATPAY_* variables: real credentials, or those of `wechatpay sandbox`.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter

from wechatpay_sdk import AsyncClient, WechatPayError

AT_ONCE = 32


async def open_custom_page(client: AsyncClient, sub_mchid: str, slots: asyncio.Semaphore) -> str:
    async with slots:
        try:
            await client.goldplan.merchants.change_custom_page_status(sub_mchid=sub_mchid, operation_type="OPEN")
        except WechatPayError as error:
            return error.code
        return "open"


async def main(sub_mchids: list[str]) -> None:
    slots = asyncio.Semaphore(AT_ONCE)
    # These calls set a state: repeating one after a lost reply is harmless.
    async with AsyncClient.from_env().with_options(retry="idempotent", timeout=10) as client:
        outcomes = await asyncio.gather(*(open_custom_page(client, sub_mchid, slots) for sub_mchid in sub_mchids))
    for outcome, count in Counter(outcomes).most_common():
        print(f"{count} {outcome}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or ["1900000109"] * 200 + ["1"]))
