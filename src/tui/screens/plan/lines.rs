//! What the plan says, as text.

use crate::{
    catalogue,
    domain::{Finding, Severity, plan::ClusterSeen},
    tui::widgets::doc::{Doc, Tone},
    words::{replaced, way_back},
};

const LABEL: usize = 7;

/// What was found, with what it means and what to do.
pub(super) fn findings_doc(findings: &[Finding]) -> Doc {
    let mut doc = Doc::default();
    for (at, finding) in findings.iter().enumerate() {
        if at > 0 {
            doc.blank();
        }
        finding_lines(&mut doc, finding);
    }
    if findings.is_empty() {
        doc.text("Nothing that stands in the way.");
    }
    doc
}

/// One finding.
pub(super) fn finding_lines(doc: &mut Doc, finding: &Finding) {
    let (word, tone) = match finding.severity {
        Severity::Stop => ("STOP", Tone::Bad),
        Severity::Warning => ("WARNING", Tone::Warn),
        Severity::Note => ("note", Tone::Strong),
    };
    doc.toned(tone, &format!("{word}  {}  {}", finding.code, finding.found));
    doc.field("Means", LABEL, &finding.means);
    doc.field("Do", LABEL, &finding.advice);
    if let Some(entry) = catalogue::entry(&finding.code).filter(|_| finding.severity != Severity::Note) {
        doc.field("Who", LABEL, &entry.who);
    }
}

/// Counts in words: `0 stops, 1 warning, 2 notes`.
pub(super) fn counts(findings: &[Finding]) -> String {
    let count = |severity: Severity, one: &str| {
        let number = findings.iter().filter(|finding| finding.severity == severity).count();
        if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
    };
    format!(
        "{}, {}, {}",
        count(Severity::Stop, "stop"),
        count(Severity::Warning, "warning"),
        count(Severity::Note, "note")
    )
}

/// What the replacement of the nodes means.
pub(in crate::tui::screens) fn nodes_lines(doc: &mut Doc, cluster: &ClusterSeen) {
    doc.text(&replaced(cluster));
    let tone = if cluster.way_back == Some(false) { Tone::Warn } else { Tone::Text };
    doc.toned(tone, way_back(cluster));
}
