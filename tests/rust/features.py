"""A build with two products reads neither the tables nor the types of the others.

The compiler is asked: its dep-info names every file that it has read, those of `include_str!` too. Takes the same
crates from target/ as `cargo check -p wechatpay-sdk`.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ROOT / "crates" / "core" / "src" / "generated"
NO_PRODUCT = {"mod", "tables", "webhooks", "events"}


def read_with(features: str) -> tuple[set[str], set[str]]:
    """The products whose tables, and those whose types, the compiler reads with these features."""
    command = ["cargo", "check", "--locked", "--quiet", "-p", "wechatpay-sdk", "--lib", "--message-format=json"]
    command += ["--no-default-features", "--features", f"aws-lc,blocking,{features}"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    (metadata,) = (
        Path(name)
        for message in messages
        if message["reason"] == "compiler-artifact" and message["target"]["name"] == "wechatpay_sdk"
        for name in message["filenames"]
    )
    listing = metadata.with_name(metadata.stem.removeprefix("lib")).with_suffix(".d").read_text(encoding="utf-8")
    lines = {Path(ROOT, line.removesuffix(":")) for line in listing.splitlines() if line.endswith(":")}
    files = [path.relative_to(GENERATED) for path in lines if path.is_relative_to(GENERATED)]
    tables = {path.stem for path in files if path.suffix == ".txt"}
    types = {"_".join(path.with_suffix("").parts) for path in files if path.suffix == ".rs"}
    return tables, types - NO_PRODUCT


def main() -> None:
    products = {path.stem for path in ROOT.glob("spec/*.json")} - NO_PRODUCT
    for features, tables, types in [
        ("goldplan,pay", {"goldplan", "pay"}, {"goldplan", "pay"}),
        ("tables", products, set()),
        ("full", products, products),
    ]:
        read = read_with(features)
        assert read == (tables, types), f"{features}: read are the tables of {read[0]} and the types of {read[1]}"
        print(f"{features}: {len(tables)} tables, {len(types)} modules of types")


if __name__ == "__main__":
    main()
