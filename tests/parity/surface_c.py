"""What the installed C library offers, as JSON for ``compare.py``: its header read, its library called.

A function counts as the operation that it really calls, which its error tells; nothing listens at the client's address.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import shlex
import subprocess
import sys
from typing import Any

# What a function of an operation takes, besides the client.
OPERATION = "const char *json, size_t json_len, wechatpay_reply **reply"
# Takes its function by name, as wechatpay_call takes its operation.
UTILITY = "wechatpay_utility"
# Numbers are the C way to say what a text says too: the accessor of the text has this ending.
NAME = "_name"


def main() -> None:
    library = Library()
    client = library.client(json.loads(sys.argv[1]))
    declared = library.declarations
    accessors = [name for name in declared if re.match(r"const wechatpay_error \*\w+$", declared[name])]
    fields = [name.removeprefix("wechatpay_error_").removesuffix(NAME) for name in accessors]
    derive = [declared[name] for name in ("wechatpay_client_with_options", "wechatpay_client_encrypted_with")]
    with_options = [parameter for parameters in derive for parameter in parameters.split(", ")[1:-1]]
    surface = {
        "operations": library.operations(client),
        "client_options": [*library.option_names(), *functions_of_key(declared)],
        "call_options": [re.findall(r"\w+", parameter)[-1].removesuffix("_seconds") for parameter in with_options],
        "error_kinds": [name.lower() for name in library.constants("WECHATPAY_ERROR_")],
        "error_classes": [],
        "error_fields": sorted(set(fields)),
    }
    print(json.dumps(surface))


def functions_of_key(declared: dict[str, str]) -> list[str]:
    """What takes the place of a private key has a setter of its own, since functions are no texts."""
    return re.findall(r"\bwechatpay_key_function (\w+)", declared["wechatpay_options_set_signer"])


class Library:
    """The library that pkg-config finds, and what its header declares."""

    def __init__(self) -> None:
        self.header = os.path.join(package("--variable=includedir"), "wechatpay.h")
        path = os.path.join(package("--variable=libdir"), "libwechatpay.so")
        self.native = ctypes.CDLL(path)
        # Without comments, which name functions too.
        flags = shlex.split(package("--cflags"))
        text = run("cc", "-E", "-P", "-x", "c", *flags, self.header)
        found = re.findall(r"\b(wechatpay_\w+)\s*\(([^()]*)\)\s*;", text)
        self.declarations = {name: " ".join(parameters.split()) for name, parameters in found}
        exported = {line.split()[-1] for line in run("nm", "-D", "--defined-only", path).splitlines()}
        if set(self.declarations) != exported:
            raise SystemExit(f"declared or exported, not both: {sorted(set(self.declarations) ^ exported)}")

    def client(self, options: dict[str, Any]) -> ctypes.c_void_p:
        collected = ctypes.c_void_p(self.function("wechatpay_options_new", ctypes.c_void_p)())
        for name, value in options.items():
            number = isinstance(value, (int, float))
            setter = "wechatpay_options_set_number" if number else "wechatpay_options_set"
            argument = ctypes.c_double(value) if number else value.encode()
            self.succeed(setter, collected, name.encode(), argument)
        client, patient = ctypes.c_void_p(), ctypes.c_void_p()
        self.succeed("wechatpay_client_new", collected, ctypes.byref(client))
        self.succeed("wechatpay_client_with_options", client, ctypes.c_double(0), b"off", ctypes.byref(patient))
        return patient

    def operations(self, client: ctypes.c_void_p) -> list[str]:
        """The operations that have functions, which must be those of the library's own list."""
        found = {}
        for name, parameters in self.declarations.items():
            if not parameters.endswith(OPERATION) or "operation" in parameters or name == UTILITY:
                continue
            error = self.call(name, client, b"{}", ctypes.c_size_t(2), ctypes.byref(ctypes.c_void_p()))
            found[name] = self.text("wechatpay_error_operation", error)
            if found[name].replace(".", "_") != name.removeprefix("wechatpay_"):
                raise SystemExit(f"{name} calls {found[name]}")
        listed = json.loads(self.text("wechatpay_operations_json", None))
        if sorted(operation["id"] for operation in listed) != sorted(found.values()):
            raise SystemExit("wechatpay_operations_json lists other operations than have functions")
        return list(found.values())

    def option_names(self) -> list[str]:
        count = self.function("wechatpay_option_count", ctypes.c_size_t)()
        name = self.function("wechatpay_option_name", ctypes.c_char_p)
        return [name(ctypes.c_size_t(at)).decode() for at in range(count)]

    def constants(self, prefix: str) -> list[str]:
        """Macros with this prefix, without it."""
        macros = run("cc", "-E", "-dM", "-x", "c", self.header)
        return re.findall(rf"^#define {prefix}(\w+) \d+$", macros, re.MULTILINE)

    def succeed(self, name: str, *arguments: Any) -> None:
        error = self.call(name, *arguments)
        if error:
            raise SystemExit(f"{name}: {self.text('wechatpay_error_text', error)}")

    def call(self, name: str, *arguments: Any) -> ctypes.c_void_p:
        return ctypes.c_void_p(self.function(name, ctypes.c_void_p)(*arguments))

    def text(self, name: str, handle: ctypes.c_void_p | None) -> str:
        value = self.function(name, ctypes.c_char_p)(handle)
        if value is None:
            raise SystemExit(f"{name} gives nothing")
        return str(value.decode())

    def function(self, name: str, result: Any) -> Any:
        function = getattr(self.native, name)
        function.restype = result
        return function


def package(question: str) -> str:
    return run("pkg-config", question, "wechatpay").strip()


def run(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
