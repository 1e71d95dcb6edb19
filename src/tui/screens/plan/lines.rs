//! What the plan says, as text.

use crate::{
    catalogue,
    domain::{Finding, Looking, Severity, Subject, plan::ClusterSeen},
    tui::{
        look::Look,
        widgets::{
            doc::{Doc, Tone},
            fit,
        },
    },
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
    let word = match finding.severity {
        Severity::Stop => "STOP",
        Severity::Warning => "WARNING",
        Severity::Note => "note",
    };
    doc.toned(tone(finding.severity), &format!("{word}  {}  {}", finding.code, finding.found));
    doc.field("Means", LABEL, &finding.means);
    doc.field("Do", LABEL, &finding.advice);
    if let Some(entry) = catalogue::entry(&finding.code).filter(|_| finding.severity != Severity::Note) {
        doc.field("Who", LABEL, &entry.who);
    }
}

/// How far the look is: each subject with what was found, as it is found.
/// What is said of a side that nobody is signed in to.
const NOT_LOOKED: &str = "not looked at: handed over";

pub(super) fn looking_lines(doc: &mut Doc, looking: &Looking, look: &Look, width: usize) {
    const WORDS: usize = 44;
    for subject in Subject::ALL {
        let found = looking.of(subject);
        let worst = found.and_then(|found| found.iter().map(|finding| finding.severity).min());
        let (result, how) = match (found, worst) {
            (None, _) => (format!("looking {}", look.glyphs.ellipsis), Tone::Dim),
            (Some(_), None) if !looking.looked_at(subject) => (NOT_LOOKED.to_owned(), Tone::Dim),
            (Some(_), None) => ("ok".to_owned(), Tone::Good),
            (Some(found), Some(worst)) => (count(found, worst), tone(worst)),
        };
        let words = if found.is_none() { Tone::Dim } else { Tone::Text };
        doc.line(vec![(format!("  {:<WORDS$}", subject.to_string()), words), (result, how)]);
        for finding in found.unwrap_or_default().iter().filter(|finding| finding.severity != Severity::Note) {
            let text = look.glyphs.clean(&format!("{}  {}", finding.code, finding.found));
            doc.line(vec![(format!("    {}", fit(&text, width.saturating_sub(4), look)), tone(finding.severity))]);
        }
    }
}

fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Stop => Tone::Bad,
        Severity::Warning => Tone::Warn,
        Severity::Note => Tone::Strong,
    }
}

/// How many there are of one severity, in words.
fn count(findings: &[Finding], severity: Severity) -> String {
    let number = findings.iter().filter(|finding| finding.severity == severity).count();
    if number == 1 { format!("1 {severity}") } else { format!("{number} {severity}s") }
}

/// Counts in words: `0 stops, 1 warning, 2 notes`.
pub(super) fn counts(findings: &[Finding]) -> String {
    [Severity::Stop, Severity::Warning, Severity::Note].map(|severity| count(findings, severity)).join(", ")
}

/// What the replacement of the nodes means.
pub(in crate::tui::screens) fn nodes_lines(doc: &mut Doc, cluster: &ClusterSeen) {
    doc.text(&replaced(cluster));
    let tone = if cluster.way_back == Some(false) { Tone::Warn } else { Tone::Text };
    doc.toned(tone, way_back(cluster));
}
