"""Has the sandbox make a notification for the C tests: make_notification.py ADMIN_URL FOLDER

Writes FOLDER/headers.json and FOLDER/body, as a server would have received them. It is good for 300 seconds.
"""

import json
import pathlib
import sys
import urllib.request

ORDER = {
    "event_type": "TRANSACTION.SUCCESS",
    # More than any float, and a character of four bytes.
    "resource": {"out_trade_no": "1217752501", "amount": {"total": 9007199254740993}, "attach": "微信🧋"},
    "envelope": {"id": "EV-1"},
}


def main() -> None:
    request = urllib.request.Request(f"{sys.argv[1]}/notifications", json.dumps(ORDER).encode())
    folder = pathlib.Path(sys.argv[2])
    with urllib.request.urlopen(request, timeout=20) as reply:
        made = json.load(reply)
    (folder / "headers.json").write_text(json.dumps(made["headers"]))
    (folder / "body").write_bytes(made["body"].encode())


if __name__ == "__main__":
    main()
