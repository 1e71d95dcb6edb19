//! Every exchange of crosspull and the simulator, held against the `OpenAPI` documents of the services.
//!
//! The documents are not part of this repository. `CROSSPULL_CONTRACTS` names their folder, which otherwise lies beside
//! it; where there are none, the check is skipped, and says so once.

mod document;
mod exchange;
mod left_out;
mod schema;
mod template;
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fmt,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{LazyLock, Mutex, PoisonError},
};

use crosspull::sim::{Exchange, Simulator};

use document::Document;

const FOLDER: &str = "CROSSPULL_CONTRACTS";
const BESIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/contracts");

/// The documents, or why there are none.
static CONTRACTS: LazyLock<Result<Contracts, PathBuf>> = LazyLock::new(|| {
    let named = env::var_os(FOLDER).map(PathBuf::from);
    let folder = named.clone().unwrap_or_else(|| BESIDE.into());
    if folder.join("INDEX.json").is_file() {
        return Ok(Contracts::load(&folder));
    }
    assert!(named.is_none(), "{FOLDER} names {}, where no INDEX.json is", folder.display());
    aside(&format!("contracts: not checked, since {} is not there ({FOLDER} names another folder)", folder.display()));
    Err(folder)
});

/// All documents.
#[derive(Debug)]
struct Contracts {
    documents: Vec<Document>,
}

/// Something that is not as a document has it. Values never show, since they may be secrets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    /// As the document names it.
    operation: String,
    /// `request` or `response 200`, and what of it.
    part: String,
    /// Where in the body, as a JSON pointer; a parameter's name elsewhere.
    place: String,
    /// Which rule of the schema.
    rule: String,
    reason: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, at {:?}: {}", self.operation, self.part, self.place, self.reason)?;
        if self.rule.is_empty() { Ok(()) } else { write!(f, " ({})", self.rule) }
    }
}

/// What came of holding exchanges against the documents.
#[derive(Debug, Default)]
struct Report {
    held: usize,
    /// Operations that no document holds, with how often they were called.
    outside: BTreeMap<&'static str, usize>,
    violations: BTreeSet<Violation>,
}

impl Contracts {
    fn load(folder: &Path) -> Self {
        Self { documents: document::SOURCES.iter().map(|source| Document::load(folder, source)).collect() }
    }

    fn hold(&self, exchanges: &[Exchange]) -> Report {
        let mut report = Report::default();
        for exchange in exchanges {
            match exchange::hold(&self.documents, exchange) {
                Some(violations) => {
                    report.held += 1;
                    report.violations.extend(violations.into_iter().filter(|violation| !left_out::covers(violation)));
                }
                None => *report.outside.entry(exchange.operation).or_default() += 1,
            }
        }
        report
    }
}

/// Fails where something that this simulator was asked, or answered, is not as a document has it.
pub(crate) fn assert_held(simulator: &Simulator) {
    let unknown = simulator.unknown();
    assert!(unknown.is_empty(), "asked for what the simulator does not implement: {unknown:#?}");
    let Ok(contracts) = &*CONTRACTS else { return };
    let report = contracts.hold(&simulator.requests());
    show(&report);
    let lines: Vec<_> = report.violations.iter().map(|violation| format!("\n  {violation}")).collect();
    assert!(lines.is_empty(), "{} violations of the services' documents:{}", lines.len(), lines.concat());
}

/// Says what no document holds. An operation that has not been named yet is shown even where tests are quiet.
fn show(report: &Report) {
    static NAMED: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let outside: Vec<_> = report.outside.iter().map(|(name, count)| format!("{name} ({count})")).collect();
    let line = format!("contracts: {} exchanges held, by no document: {}", report.held, outside.join(", "));
    let mut named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
    let before = named.len();
    named.extend(report.outside.keys());
    if named.len() > before {
        aside(&line);
    } else {
        println!("{line}");
    }
}

/// Past the test harness, which shows the output of failing tests only.
fn aside(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
