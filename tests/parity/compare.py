#!/usr/bin/env python3
"""What the SDK offers is the same in every language: operations, options, kinds, classes and fields of errors.

Each language's program beside this file looks at what is installed and writes what it finds as JSON; here the names
are brought to one form and compared. A language that is asked for and not there is an error.

rust    builds and runs ``suite-surface`` of tests/rust
python  the package installed for the Python that runs this
node    the package installed in the folder WECHATPAY_INSTALLED
c       the library that pkg-config finds (PKG_CONFIG_PATH)
php     the extension WECHATPAY_PHP_EXTENSION, a path, or a name that PHP finds
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
KEYS = HERE.parent / "vectors" / "keys"

LANGUAGES = ("rust", "python", "node", "c", "php")
SECTIONS = ("operations", "client_options", "call_options", "error_kinds", "error_classes", "error_fields")

# Errors of Rust and C have a kind instead of a class.
WITHOUT_CLASSES = ("rust", "c")
# What one language has besides, because its users expect it. What stands here and is not found is a difference too.
OWN = {
    # A callable that is told of attempts; Node.js has diagnostics channels for that, Rust and C a method of the client.
    ("python", "client_options"): {"on_attempt"},
    ("python", "call_options"): {"on_attempt"},
    ("php", "client_options"): {"on_attempt"},
    ("php", "call_options"): {"on_attempt"},
    ("node", "call_options"): {"signal"},  # AbortSignal is how JavaScript gives a call up,
    ("node", "error_classes"): {"abort < wechat_pay"},  # and AbortError what it then rejects with.
}

# Port 1 of loopback: nothing listens there, so a call that gets past its parameters ends at once.
CLIENT = {
    "mchid": "1900000001",
    "serial_no": "5A1B2C3D4E5F60718293A4B5C6D7E8F901234567",
    "merchant_private_key_path": str(KEYS / "merchant_pkcs8.pem"),
    "public_key_id": "PUB_KEY_ID_01",
    "platform_public_key_path": str(KEYS / "platform_pub.pem"),
    "base_url": "http://127.0.0.1:1",
    "timeout": 5,
}

Surface = dict[str, set[str]]


class ProbeError(Exception):
    """A language whose surface could not be read."""


def main() -> int:
    languages = read_languages()
    surfaces: dict[str, Surface] = {}
    problems: list[str] = []
    for language in languages:
        try:
            surfaces[language] = read_surface(language)
        except ProbeError as error:
            problems.append(f"{language}: {error}")
    problems += differences(surfaces)
    print_table(surfaces)
    for problem in problems:
        print(f"error: {problem}")
    print(f"parity of {', '.join(languages)}: {len(problems)} problems")
    return 1 if problems else 0


def read_languages() -> list[str]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--languages", default=",".join(LANGUAGES), help="two or more, separated by commas")
    languages: list[str] = parser.parse_args().languages.split(",")
    if len(set(languages)) != len(languages) or len(languages) < 2 or set(languages) - set(LANGUAGES):
        parser.error(f"--languages takes two or more of {','.join(LANGUAGES)}")
    return languages


# ---------------------------------------------------------------- what a language offers


def command(language: str) -> list[str]:
    if language == "rust":
        return ["cargo", "run", "--locked", "--quiet", "-p", "wechatpay-suite", "--bin", "suite-surface", "--"]
    if language == "python":
        return [sys.executable, str(HERE / "surface.py")]
    if language == "node":
        return ["node", str(HERE / "surface.js")]
    if language == "c":
        return [sys.executable, str(HERE / "surface_c.py")]
    extension = os.environ.get("WECHATPAY_PHP_EXTENSION")
    if not extension:
        raise ProbeError("WECHATPAY_PHP_EXTENSION must name the extension")
    return ["php", "-d", f"extension={extension}", str(HERE / "surface.php")]


def read_surface(language: str) -> Surface:
    run = [*command(language), json.dumps(CLIENT)]
    try:
        made = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise ProbeError(str(problem)) from None
    if made.returncode != 0:
        raise ProbeError(f"its program ended with {made.returncode}:\n{made.stderr.strip()}")
    try:
        record: dict[str, list[str]] = json.loads(made.stdout)
    except ValueError:
        raise ProbeError(f"its program wrote no JSON, but {made.stdout[:200]!r}") from None
    if set(record) != set(SECTIONS):
        raise ProbeError(f"its program wrote {sorted(record)}")
    return {section: {one_form(section, name) for name in record[section]} for section in SECTIONS}


def one_form(section: str, name: str) -> str:
    """A name as every language would write it in snake_case: ``InvalidRequestException`` is ``invalid_request``."""
    if section == "operations":
        return name
    if section == "error_classes":
        return " < ".join(one_form("error_kinds", side) for side in name.split(" < "))
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    if section == "error_kinds":
        return re.sub(r"_(error|exception)$", "", name)
    if section == "error_fields":
        # PHP's own getCode() and getMessage() are taken: there the two are getErrorCode() and getErrorMessage().
        return re.sub(r"^(get|is)_(error_)?", "", name)
    return name


# ---------------------------------------------------------------- comparison


def differences(surfaces: dict[str, Surface]) -> list[str]:
    found = []
    for section in SECTIONS:
        offered = {}
        for language, surface in surfaces.items():
            names = surface[section]
            own = OWN.get((language, section), set())
            found += [f"{section}: {language} lacks its own {name}" for name in sorted(own - names)]
            classless = section == "error_classes" and language in WITHOUT_CLASSES
            if classless == bool(names):
                found.append(f"{section}: {language} has {'some' if names else 'none'}")
            if classless:
                continue
            offered[language] = names - own
        for name in sorted({name for names in offered.values() for name in names}):
            lacking = [language for language in offered if name not in offered[language]]
            if lacking:
                having = [language for language in offered if language not in lacking]
                found.append(f"{section}: {name} is in {', '.join(having)}, not in {', '.join(lacking)}")
    return found


def print_table(surfaces: dict[str, Surface]) -> None:
    print("".join(["offered".ljust(16), *(language.rjust(8) for language in surfaces)]))
    for section in SECTIONS:
        counts = [str(len(surface[section]) or "-") for surface in surfaces.values()]
        print("".join([section.replace("_", " ").ljust(16), *(count.rjust(8) for count in counts)]))


if __name__ == "__main__":
    sys.exit(main())
