"""What a build pays for the products that it does not name: time, and the size of a program and of the C library.

``python benches/building.py [--publish]`` (``make bench-build``). Works in target/building, on copies: the dependencies
are built there first and not counted. Compiling is told in processor time, which a busy machine does not lengthen much.
``--publish`` writes BUILDING.md.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "target" / "building"
PROGRAM = WORK / "program"
FULL = "`full`"
# What the manifest of a program says of this package.
CHOICES = {
    "two products": 'default-features = false, features = ["aws-lc", "blocking", "goldplan", "pay"]',
    "two products, and the tables of all": (
        'default-features = false, features = ["aws-lc", "blocking", "goldplan", "pay", "tables"]'
    ),
    "default": "features = []",
    FULL: 'features = ["full"]',
}
# With the six operations of these documents the C library began; what it is compared with.
FEW = ["goldplan", "certificates", "webhooks"]
LIBRARY_MB = 1

MANIFEST = """
[package]
name = "program"
edition = "2024"
[[bin]]
name = "program"
path = "{source}"
[dependencies]
wechatpay-sdk = {{ path = "{core}", {choice} }}
[profile.release]
strip = true
[workspace]
"""


def cargo(*arguments: str, cwd: Path) -> float:
    """Runs cargo, and gives the seconds of processor time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = os.environ | {"CARGO_TARGET_DIR": str(WORK / "target"), "CARGO_INCREMENTAL": "0"}
    subprocess.run(["cargo", "--quiet", *arguments], check=True, cwd=cwd, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def checked(choice: str) -> float:
    """Seconds of `cargo check` of this package alone."""
    prepare(choice)
    cargo("clean", "-p", "wechatpay-sdk", cwd=PROGRAM)
    return cargo("check", "-p", "wechatpay-sdk", cwd=PROGRAM)


def released(choice: str) -> tuple[float, int]:
    """Seconds of a release build of this package alone, and the bytes of the program."""
    prepare(choice)
    cargo("clean", "--release", "-p", "wechatpay-sdk", cwd=PROGRAM)
    seconds = cargo("build", "--release", "-p", "wechatpay-sdk", cwd=PROGRAM)
    cargo("build", "--release", cwd=PROGRAM)
    return seconds, (WORK / "target" / "release" / "program").stat().st_size


def prepare(choice: str) -> None:
    PROGRAM.mkdir(parents=True, exist_ok=True)
    # The dependencies of the lock file; cargo takes out what this program does not need.
    shutil.copy(ROOT / "Cargo.lock", PROGRAM)
    source, core = ROOT / "benches" / "two_products.rs", ROOT / "crates" / "core"
    manifest = MANIFEST.format(source=source, core=core, choice=choice)
    (PROGRAM / "Cargo.toml").write_text(manifest, encoding="utf-8")


def library(workspace: Path) -> int:
    """The bytes of the stripped C library."""
    cargo("build", "--release", "-p", "wechatpay-c", cwd=workspace)
    return (WORK / "target" / "release" / "libwechatpay.so").stat().st_size


def with_few() -> Path:
    """A copy of this workspace that was generated from the documents of FEW."""
    copy = WORK / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    tracked = subprocess.run(["git", "ls-files", "-z"], check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout
    for name in filter(None, tracked.split("\0")):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    for document in copy.glob("spec/*.json"):
        if document.stem not in FEW:
            document.unlink()
    # Without the members that call other products.
    manifest = (copy / "Cargo.toml").read_text(encoding="utf-8")
    members = 'members = ["crates/*", "bindings/c"]'
    manifest = re.sub(r"^members = .*\ndefault-members = .*", members, manifest, flags=re.MULTILINE)
    (copy / "Cargo.toml").write_text(manifest, encoding="utf-8")
    cargo("run", "-p", "wechatpay-codegen", "--", "generate", cwd=copy)
    return copy


def table() -> tuple[list[str], list[str]]:
    """Lines of the report, and what missed its target."""
    lines = ["| a Rust program that calls two products, built with | check, s | release, s | MB |", "|---|---|---|---|"]
    # The dependencies, which are the same for all.
    checked(CHOICES["two products"])
    released(CHOICES["two products"])
    for name, choice in CHOICES.items():
        check = checked(choice)
        # Machine code for all types takes a quarter of an hour, and a program holds only what it calls.
        seconds, size = released(choice) if name != FULL else (None, None)
        told = "| |" if seconds is None or size is None else f"{seconds:.1f} | {size / 1e6:.2f} |"
        lines.append(f"| {name} | {check:.1f} | {told}")
        # The last of them takes its time.
        print(lines[-1], file=sys.stderr, flush=True)
    few, every = library(with_few()), library(ROOT)
    grown = (every - few) / 1e6
    lines += ["", "| the C library, stripped | MB | target |", "|---|---|---|"]
    lines += [f"| with six operations | {few / 1e6:.2f} | |", f"| with all of them | {every / 1e6:.2f} | |"]
    lines += [f"| its growth | {grown:.2f} | ≤ {LIBRARY_MB} |"]
    return lines, ["the C library's growth"] if grown > LIBRARY_MB else []


if __name__ == "__main__":
    report, grown = table()
    text = "\n".join(report) + "\n"
    print(text, end="")
    if "--publish" in sys.argv[1:]:
        (ROOT / "benches" / "BUILDING.md").write_text(text, encoding="utf-8")
    sys.exit(1 if grown else 0)
