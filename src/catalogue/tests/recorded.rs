//! Each entry can be met: by an answer in the form in which a service gives it, read as the program reads it, or in a test
//! of the whole program.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Deserialize;
use time::OffsetDateTime;

use super::super::{all, explain, read};
use crate::{
    azure::{Http, HttpOptions, registry::RegistryClient, testing},
    domain::{Cloud, Problem, StepId, cloud::KnownCloud, problem::ProblemKind},
    secret::Secret,
    steps,
};

const RECORDED: &str = include_str!("recorded.toml");

#[derive(Deserialize)]
struct File {
    answer: Vec<Answer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    entry: String,
    from: From,
    step: Option<StepId>,
    status: Option<u16>,
    body: String,
    pasted: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum From {
    Graph,
    Arm,
    Aks,
    Entra,
    Registry,
    Operation,
    SignIn,
    AzureCli,
    Text,
}

impl Answer {
    /// The problem that the program makes of it; `None` for what is only ever pasted.
    fn problem(&self) -> Option<Problem> {
        let status = self.status.unwrap_or_default();
        let refused = |operation| Some(testing::refused(operation, status, &self.body).problem());
        match self.from {
            From::Graph => refused("graph.call"),
            From::Arm => refused("arm.call"),
            From::Aks => refused("aks.call"),
            From::Entra => refused("entra.token"),
            From::Registry => refused("registry.token"),
            From::SignIn => Some(testing::sign_in_refused(status, &self.body).problem()),
            From::AzureCli => Some(testing::cli_refused(&self.body).problem()),
            From::Operation => Some(*steps::not_succeeded(testing::operation(&self.body)).problem),
            From::Text => None,
        }
    }
}

fn recorded() -> Vec<Answer> {
    toml::from_str::<File>(RECORDED).unwrap().answer
}

#[test]
fn each_answer_is_explained_as_people_should_hear_it() {
    for answer in recorded() {
        let Some(problem) = answer.problem() else { continue };
        let explained = explain(&problem, answer.step).map(|entry| entry.code.as_str());
        assert_eq!(explained, Some(answer.entry.as_str()), "{problem:?}");
    }
}

#[test]
fn each_answer_can_be_pasted_as_well() {
    for answer in recorded() {
        let reading = read(&answer.body);
        let best = reading.found.first().or_else(|| reading.perhaps.first()).map(|found| found.entry.code.as_str());
        let expected = answer.pasted.as_deref().unwrap_or(&answer.entry);
        assert_eq!(best.unwrap_or_default(), expected, "{}\n{reading:?}", answer.body);
        if !expected.is_empty() {
            // What the Azure CLI says to crosspull has a code of crosspull's own, which no text holds.
            let ours = answer.from == From::AzureCli && answer.pasted.is_some();
            let mut told = reading.found.iter().chain(&reading.perhaps).map(|found| found.entry.code.as_str());
            assert!(
                ours || told.any(|code| code == answer.entry),
                "{} is not among what is told of\n{}",
                answer.entry,
                answer.body
            );
        }
    }
}

/// Met by the tests below.
const BELOW: [&str; 3] = ["CP-209", "CP-507", "CP-707"];

/// Codes that crosspull's own credentials give, with what they say.
const CREDENTIALS: [(&str, &str, &str); 13] = [
    ("OtherAccount", "the token is of ben@fabrikam.example", "CP-220"),
    ("SignInGivenUp", "the sign-in was left here before it was done; Azure refused nothing", "CP-221"),
    ("NobodyToAsk", "a person has to sign in for this", "CP-222"),
    ("ClaimsChallenge", "Sign in again for it with: az login --tenant t", "CP-223"),
    ("AzureDeveloperCliNotFound", "azd not found on PATH", "CP-224"),
    ("AzureDeveloperCliNotSignedIn", "run azd auth login", "CP-225"),
    ("AzureDeveloperCliTimeout", "the program timed out: it gave no answer in time", "CP-238"),
    ("ManagedIdentityMissing", "no managed identity endpoint answers on this machine", "CP-226"),
    ("FederatedTokenMissing", "no token file specified", "CP-228"),
    ("ClientIdMissing", "no client ID specified", "CP-229"),
    ("NobodyCame", "nobody has signed in for as long as crosspull waits for it", "CP-235"),
    ("SignInDeclined", "the sign-in was declined on its page", "CP-236"),
    ("CertificateUnusable", "the file could not be read", "CP-230"),
];

#[test]
fn nothing_in_the_catalogue_is_out_of_reach() {
    let answered: BTreeSet<String> = recorded().into_iter().map(|answer| answer.entry).collect();
    let named = named_in_code();
    let given = codes_of_our_own();
    let own_code = |entry: &super::Entry| {
        let mut codes = entry.matches.iter().flat_map(|pattern| &pattern.codes);
        codes.any(|code| given.contains(&format!("\"{code}\"")))
    };
    let unreached: Vec<&str> = all()
        .iter()
        .filter(|entry| !own_code(entry))
        .map(|entry| entry.code.as_str())
        .filter(|code| !answered.contains(*code) && !named.contains(*code) && !BELOW.contains(code))
        .filter(|code| !CREDENTIALS.iter().any(|(.., own)| own == code))
        .collect();
    assert!(
        unreached.is_empty(),
        "nobody can meet {unreached:?}: record an answer, or use the code in the program or in a test of the program"
    );
}

/// The code of what makes problems of its own while somebody signs in, for what no service has a code for.
fn codes_of_our_own() -> String {
    let azure = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/azure");
    let mut files = vec![azure.join("api.rs")];
    collect(&azure.join("sign_in"), &mut files);
    files.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// Codes that the program's own code uses, or that a test of the whole program meets.
fn named_in_code() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(&root.join("src"), &mut files);
    collect(&root.join("tests/it"), &mut files);
    let own = |path: &PathBuf| {
        let path = path.strip_prefix(root).unwrap();
        ["src/catalogue", "src/catalogue.rs", "src/sample.rs", "src/tui/testing"]
            .iter()
            .any(|skip| path.starts_with(skip))
    };
    let mut named = BTreeSet::new();
    for path in files.iter().filter(|path| !own(path)) {
        let text = fs::read_to_string(path).unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        named.extend(code.match_indices("CP-").filter_map(|(at, _)| code.get(at..at + 6)).map(str::to_owned));
    }
    named
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[tokio::test]
async fn a_key_that_was_kept_back_is_explained() {
    let cloud = Arc::new(Cloud::known(KnownCloud::Public));
    let client =
        RegistryClient::new(Http::new(HttpOptions::default()).unwrap(), cloud, "images.example".parse().unwrap());
    let app = "55555555-5555-4555-8555-555555555555".parse().unwrap();
    let sent = client.token_basic(app, &Secret::new("hunter2"), &"shop/web".parse().unwrap()).await;
    assert_eq!(explain(&sent.err().unwrap().problem(), Some(StepId::Probe)).unwrap().code, "CP-507");
}

#[tokio::test]
async fn a_token_of_another_tenant_is_explained() {
    assert_eq!(explain(&testing::of_another_tenant().await.problem(), None).unwrap().code, "CP-209");
}

#[test]
fn what_credentials_say_of_themselves_is_explained() {
    for (code, message, expected) in CREDENTIALS {
        let mut problem = Problem::new(ProblemKind::SignIn, "sign in", message, OffsetDateTime::UNIX_EPOCH);
        problem.code = Some(code.to_owned());
        let explained = explain(&problem, None).map(|entry| entry.code.as_str());
        assert_eq!(explained, Some(expected), "{code} {message}");
    }
}

#[test]
fn a_file_that_cannot_be_used_is_explained() {
    let options = HttpOptions { ca_pem: Some(b"no certificate".to_vec()), ..HttpOptions::default() };
    assert_eq!(explain(&Http::new(options).err().unwrap().problem(), None).unwrap().code, "CP-707");
}

#[test]
fn what_a_wait_has_heard_last_is_explained() {
    for (said, code) in [
        ("the registry does not know the app yet", "CP-501"),
        ("the registry does not take the key yet", "CP-502"),
        ("signed in, but no right to pull yet", "CP-503"),
        ("AADSTS7000215", "CP-306"),
        ("AADSTS700016", "CP-401"),
        ("PrincipalNotFound", "CP-407"),
    ] {
        let problem = super::problem("", &format!("it did not come within 900 s ({said})"));
        assert_eq!(explain(&problem, Some(StepId::Probe)).unwrap().code, code, "{said}");
    }
}
