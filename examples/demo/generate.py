"""Writes examples/sub_merchants.csv and examples/demo/seed.json, which belong together; --verify only compares.

200 sub-merchants of a service provider. Most are in order; the rest are wrong in the ways that real lists are. The
column note says what is wrong, and the seed gives the local WeChat Pay the state in which that comes to light.
"""

import csv
import io
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent

# POTOGRAPHY, BUSSINESS and INDUSTY are written so on the wire.
FILTERS = [
    "FOOD",
    "TOURISM",
    "CATERING",
    "RETAIL",
    "POTOGRAPHY",
    "EDUCATION",
    "BUSSINESS",
    "SPORT",
    "FINANCE",
    "HEALTHCARE",
    "PARENTING",
    "SKINCARE",
]
SCENES = ["JSAPI_AND_MINIPROGRAM", "JSAPI", "MINIPROGRAM", ""]

# Row number -> what is wrong with it; all other rows are in order.
WRONG = {
    **dict.fromkeys([7, 52, 103, 150, 199], "not our sub-merchant"),
    **dict.fromkeys([13, 61, 118, 166], "no filter"),
    **dict.fromkeys([24, 77, 131, 188], "four filters"),
    **dict.fromkeys([31, 89, 140, 171, 196], "under penalty"),
    **dict.fromkeys([38, 84, 109, 155, 180], "invoices not authorised"),
    **dict.fromkeys([45, 96, 177], "asked too often"),
    **dict.fromkeys([70, 124], "mistyped scene"),
}


def sub_merchant(number):
    """A row of the list and what the platform knows about it; None where it knows nothing."""
    note = WRONG.get(number, "")
    count = {"no filter": 0, "four filters": 4}.get(note, 1 + number % 3)
    filters = [FILTERS[(number + 5 * at) % len(FILTERS)] for at in range(count)]
    scene = "JSAPI_AND_MINIPROGRAMM" if note == "mistyped scene" else SCENES[number % len(SCENES)]
    row = {"sub_mchid": str(1900000200 + number), "scene": scene, "filters": "|".join(filters), "note": note}
    if note == "not our sub-merchant":
        return row, None
    fapiao = {}
    if note == "invoices not authorised":
        fapiao["authorized"] = False
    elif note == "asked too often":
        fapiao["frequency_limited"] = True
    elif number % 2:
        fapiao["third_mode"] = {"status": "ENABLED"}
    else:
        fapiao["digital_tax_mode"] = {
            "status": "ENABLED",
            "billing_person_info": [{"id": str(187776276864000 + number), "name": "张伟"}],
            "access_time": "2026-07-01T12:00:00+08:00",
            "ability_info": [{"type": "BASE_ABILITY", "status": "AUTHORIZED"}],
        }
    state = {"fapiao": fapiao}
    if note == "under penalty":
        state["punished"] = True
    if number % 10 == 0:
        state["gold_plan"] = {"status": "OPEN", "pay_scene": "JSAPI"}
    return row, state


def files():
    rows, seed = [], {"service_provider": {"gold_plan": True, "receipt_link": True}, "sub_merchants": {}}
    for number in range(1, 201):
        row, state = sub_merchant(number)
        rows.append(row)
        if state is not None:
            seed["sub_merchants"][row["sub_mchid"]] = state
    table = io.StringIO()
    writer = csv.DictWriter(table, ["sub_mchid", "scene", "filters", "note"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return {
        HERE.parent / "sub_merchants.csv": table.getvalue(),
        HERE / "seed.json": json.dumps(seed, ensure_ascii=False, indent=1) + "\n",
    }


def main():
    verify = "--verify" in sys.argv[1:]
    for path, text in files().items():
        if not verify:
            path.write_text(text, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != text:
            sys.exit(f"{path} is not what {sys.argv[0]} makes: run it without --verify")


if __name__ == "__main__":
    main()
