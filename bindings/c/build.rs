//! Names the shared library for the dynamic linker.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if target("FAMILY") != "unix" || target("VENDOR") == "apple" {
        return;
    }
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libwechatpay.so.{}", env!("CARGO_PKG_VERSION_MAJOR"));
    // What is made once per process outlives a dlclose, as does a thread that looks up a name: their code must stay.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
