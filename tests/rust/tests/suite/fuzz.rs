//! Issue: "Fuzz targets … their corpora replayed in `make test`".

use std::fs;

use wechatpay_suite::tests_dir;

#[path = "../../../../fuzz/bodies.rs"]
mod bodies;

/// Every committed input, taken for what its name says before the first dot: a target that no longer gets that far would
/// look for nothing. What a fuzzer has once found begins with `found`.
#[test]
fn every_input_of_the_corpora_is_taken_for_what_it_is() {
    for (target, body) in bodies::TARGETS {
        let folder = tests_dir().join("../fuzz/corpus").join(target);
        let entries = fs::read_dir(&folder).expect("each target has a corpus");
        let mut files: Vec<_> = entries.map(|entry| entry.expect("readable").path()).collect();
        files.sort();
        assert!(files.len() >= 5, "{target} has {} inputs", files.len());
        for file in files {
            let input = fs::read(&file).expect("readable");
            let taken_for = std::panic::catch_unwind(|| body(&input));
            let taken_for = taken_for.unwrap_or_else(|_| panic!("{} is not taken", file.display()));
            let name = file.file_stem().and_then(|name| name.to_str()).expect("a name");
            assert!(name == "found" || name == taken_for, "{} is taken for {taken_for}", file.display());
        }
    }
}
