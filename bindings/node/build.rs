//! Linker arguments for an addon, where a platform needs any.

fn main() {
    napi_build::setup();
}
