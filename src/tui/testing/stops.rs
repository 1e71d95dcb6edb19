//! Every stop there is, as the program finds it against the simulator: `tests/it/program/preflight.rs` keeps what it found
//! in `stops`, a file a case.

use std::{collections::BTreeMap, fs, sync::Arc};

use serde::Deserialize;

use super::{
    scenes::{Scene, refused},
    snapshots::compare,
};
use crate::{
    domain::{Finding, Severity},
    sample,
    tui::msg::NoPlan,
};

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tui/testing/stops");

#[derive(Deserialize)]
struct Kept {
    /// There was a plan all the same.
    planned: bool,
    findings: Vec<Finding>,
}

fn kept() -> BTreeMap<String, Kept> {
    let files = fs::read_dir(KEPT).unwrap().map(|file| file.unwrap().path());
    let read = files.map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        // Above the second line of dashes stands what insta keeps for itself.
        let (_, json) = text.split_once("\n---\n").unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, serde_json::from_str(json).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    });
    read.collect()
}

/// The wizard's plan with what was found. The names are kept for as long as the tests run.
pub(super) fn scenes() -> Vec<Scene> {
    let scene = |(name, kept): (String, Kept)| {
        let name: &'static str = Box::leak(format!("stop-{name}").into_boxed_str());
        let came = if kept.planned {
            let mut plan = sample::plan();
            plan.findings = kept.findings;
            Ok(Arc::new(plan))
        } else {
            Err(NoPlan::Findings(kept.findings))
        };
        (name, refused(came))
    };
    kept().into_iter().map(scene).collect()
}

#[test]
fn every_stop_has_its_screen() {
    let kept = kept();
    assert!(kept.len() > 25, "{:?}", kept.keys());
    for (name, kept) in &kept {
        assert_eq!(kept.findings[0].severity, Severity::Stop, "{name}");
        assert!(kept.findings.is_sorted_by_key(|finding| finding.severity), "{name}");
    }
    compare(scenes(), &[(80, 24)]);
}
