//! The cargo features of the core: one per product, for its table and its types.

use std::path::Path;

use crate::Result;
use crate::model::Product;
use crate::output::Files;

const MANIFEST: &str = "crates/core/Cargo.toml";
/// Around the features in the manifest, which is else written by hand.
const BEGIN: &str = "## Written by `wechatpay-codegen generate` from spec/ up to the end mark.\n";
const END: &str = "# The end of what is written by `wechatpay-codegen generate`.\n";
/// What most merchants call, and what the default holds: it stays small, so that a first build is quick.
pub(super) const COMMON: [&str; 8] = [
    "applyment4sub",
    "certificates",
    "fund_app",
    "goldplan",
    "merchant_service",
    "new_tax_control_fapiao",
    "pay",
    "refund",
];

/// `marketing.bank_favor` -> `marketing-bank-favor`, as the core names the feature that is missing.
pub(crate) fn feature(product: &Product) -> String {
    product.namespace.join("-").replace('_', "-")
}

/// Writes the features into the manifest, where there is one under `root`.
pub(crate) fn add(root: &Path, products: &[Product], files: &mut Files) -> Result<()> {
    let Ok(manifest) = std::fs::read_to_string(root.join(MANIFEST)) else { return Ok(()) };
    let parts = manifest.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.ok_or_else(|| format!("{MANIFEST} has lost the marks around the features"))?;
    let list = |chosen: &dyn Fn(&&Product) -> bool| {
        products.iter().filter(chosen).map(|product| format!("    {:?},\n", feature(product))).collect::<String>()
    };
    let mut features = format!(
        "## What most merchants call.\ncommon = [\n{}]\n## All products.\nfull = [\n{}]\n",
        list(&|product| COMMON.contains(&product.name.as_str())),
        list(&|_| true),
    );
    for product in products {
        features.push_str(&format!(
            "## Types and table of `{}`.\n{} = []\n",
            product.namespace.join("."),
            feature(product)
        ));
    }
    files.add_plain(MANIFEST, format!("{before}{BEGIN}{features}{END}{after}"));
    Ok(())
}
