"""A panic in Rust is an exception like any other: shown with a build that has a function which panics on purpose."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import wechatpay_sdk

PACKAGE = Path(wechatpay_sdk.__file__).parent
PROGRAM = """
import wechatpay_sdk
try:
    wechatpay_sdk._native.test_panic()
except wechatpay_sdk.WechatPayError as error:
    assert type(error) is wechatpay_sdk.InternalError
    assert error.kind == "internal" and "a panic on purpose" not in str(error)
    print("caught")
"""


def test_a_panic_is_an_internal_error(tmp_path: Path) -> None:
    hooks = os.environ["WECHATPAY_PYTHON_HOOKS"]  # the extension module, built with the feature test-hooks
    package = tmp_path / "wechatpay_sdk"
    shutil.copytree(PACKAGE, package)
    (native,) = package.glob("_native*.so")
    shutil.copy(hooks, native)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "caught\n"


def test_the_wheel_has_no_such_function() -> None:
    native = importlib.import_module("wechatpay_sdk._native")
    assert not hasattr(native, "test_panic")
    library = Path(native.__file__ or "").read_bytes()
    assert b"test_panic" not in library
    assert b"a panic on purpose" not in library
