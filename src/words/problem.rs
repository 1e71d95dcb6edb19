//! A failure in words: tried, said, means, changed, do, and what a support case needs.

use super::layout::{clean, clock, field, paragraph, push_line, second};
use crate::{
    catalogue,
    domain::{Problem, StepId, problem::ProblemKind},
};

pub(crate) const LABEL: usize = 9;
const ID: usize = 13;

/// All that is known of a failure, for a screen or a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemWords {
    /// `FAILED`, when, and the catalogue's code where it has the failure.
    pub head: String,
    /// The catalogue's title for it.
    pub title: Option<&'static str>,
    /// Label and text: tried, said, means, changed, do.
    pub lines: Vec<(&'static str, String)>,
    /// Public documentation.
    pub link: Option<&'static str>,
    /// What a support case needs: the ids of the request.
    pub ids: Vec<(&'static str, String)>,
    /// When it failed, in UTC.
    pub time: String,
}

/// Tells a failure, whether in a step or before any.
pub fn problem_words(problem: &Problem, step: Option<StepId>) -> ProblemWords {
    let entry = catalogue::explain(problem, step);
    let code = entry.map(|entry| format!("  {}", entry.code)).unwrap_or_default();
    // What no service answered was found by this program.
    let answered = (problem.status.is_some() || problem.code.is_some())
        && problem.kind != ProblemKind::Network
        && !found_here(problem);
    let (means, advice) = entry.map_or_else(
        || fallback(problem.kind),
        |entry| (entry.means(&[]), format!("{} ({})", entry.advice(&[]), entry.who)),
    );
    let lines = vec![
        ("Tried", problem.tried.clone()),
        (if answered { "Azure" } else { "Found" }, said(problem)),
        ("Means", means),
        ("Changed", changed(problem, step).to_owned()),
        ("Do", advice),
    ];
    let ids = [("request", &problem.request_id), ("correlation", &problem.correlation_id)];
    ProblemWords {
        head: format!("FAILED {} UTC{code}", clock(problem.at)),
        title: entry.map(|entry| entry.title.as_str()),
        lines,
        link: entry.map(|entry| entry.link.as_str()),
        ids: ids.into_iter().filter_map(|(label, id)| Some((label, id.clone()?))).collect(),
        time: format!("{} UTC", second(problem.at)),
    }
}

/// A failure as a text of 80 columns.
pub fn problem_text(problem: &Problem, step: Option<StepId>) -> String {
    let words = problem_words(problem, step);
    let mut out = String::new();
    let what = step.map(|step| format!("{step}  ")).unwrap_or_default();
    push_line(&mut out, &format!("{what}{}  {}", words.head, words.title.unwrap_or_default()));
    for (label, text) in &words.lines {
        field(&mut out, label, LABEL, text);
    }
    if let Some(link) = words.link {
        field(&mut out, "Read", LABEL, link);
    }
    push_line(&mut out, "");
    for (label, id) in &words.ids {
        field(&mut out, label, ID, id);
    }
    field(&mut out, "time", ID, &words.time);
    out
}

/// How a cause begins in a chain of errors.
const BECAUSE: &str = "because: ";

/// What kept the program from its work where no step and no service was concerned: an error with its causes, a line each.
pub fn error_text(chain: &str) -> String {
    let mut out = String::new();
    for (at, line) in chain.lines().enumerate() {
        let text = line.trim_start();
        let indent = &line[..line.len() - text.len()];
        match text.strip_prefix(BECAUSE) {
            Some(cause) => paragraph(&mut out, &format!("{indent}{BECAUSE}"), cause),
            None if at == 0 => paragraph(&mut out, "crosspull: ", text),
            None => paragraph(&mut out, indent, text),
        }
    }
    out
}

/// Status, code and words of the answer.
pub(crate) fn said(problem: &Problem) -> String {
    let status = problem.status.map(|status| status.to_string());
    // Entra's words begin with its number already.
    let code = problem.code.clone().filter(|code| !problem.message.starts_with(code.as_str()) && !found_here(problem));
    let head: Vec<String> = status.into_iter().chain(code).collect();
    let message = clean(&problem.message);
    if head.is_empty() { message } else { format!("{}: {message}", head.join(" ")) }
}

/// Codes that crosspull itself gives to what it finds when somebody signs in. They help to find the catalogue's entry, and
/// tell people nothing.
const OWN_CODES: [&str; 7] = [
    "SignInGivenUp",
    "NobodyToAsk",
    "NobodyCame",
    "OtherAccount",
    "CertificateUnusable",
    "FederatedTokenMissing",
    "ClientIdMissing",
];

/// Whether this is no answer of a service, but what crosspull itself has found.
fn found_here(problem: &Problem) -> bool {
    problem.status.is_none() && problem.code.as_deref().is_some_and(|code| OWN_CODES.contains(&code))
}

/// What the failure has and has not changed. An answer that refuses had no effect; without a clear answer nobody knows.
fn changed(problem: &Problem, step: Option<StepId>) -> &'static str {
    let answered_no = problem.status.is_some_and(|status| (400..500).contains(&status) && !matches!(status, 408 | 409));
    // Where nobody has signed in, nothing was sent.
    let refused = answered_no || found_here(problem);
    match step {
        None => "nothing",
        // A refused look at a replacement under way changes nothing either, and says nothing of the nodes.
        Some(StepId::ClusterUpdate) if problem.untouched => "nothing in the cluster; what is done stays",
        Some(StepId::ClusterUpdate) => {
            "some nodes may have the new credential and some the old one; both apps, all keys and all rights are kept"
        }
        Some(_) if refused => "nothing in this step; what is done stays",
        Some(StepId::Probe | StepId::Proof) => "nothing: this step only reads; what is done stays",
        Some(_) => "perhaps something in this step: crosspull looks before it tries again; what is done stays",
    }
}

fn fallback(kind: ProblemKind) -> (String, String) {
    let (means, advice) = match kind {
        ProblemKind::Answers => ("The answers do not fit what is there.", "Correct the setup and try again."),
        ProblemKind::Preflight => {
            ("It cannot work as things are.", "Mend what the plan names as a stop, then look again.")
        }
        ProblemKind::Azure => (
            "Azure refused, or its operation failed, for the reason that it gives. crosspull has no more words for it.",
            "Mend what the message names, then try again. For a support case, give the ids below.",
        ),
        ProblemKind::Network => (
            "Azure could not be reached from here, or something else answered in its place.",
            "Check the network, the proxy and the clock, then try again.",
        ),
        ProblemKind::SignIn => {
            ("The sign-in failed, or is no longer valid.", "Sign in again, or in another way, then try again.")
        }
        ProblemKind::Waiting => ("A person has to act first.", "When they have, go on: crosspull resume."),
        ProblemKind::Interrupted => ("It was stopped.", "Go on where it stopped: crosspull resume."),
        ProblemKind::Busy => {
            ("Another crosspull is at work on this setup.", "Wait until it has ended, or stop it, then try again.")
        }
        ProblemKind::Local => (
            "Something on this machine is in the way: a file, a folder, a program.",
            "Mend what the message names, then try again.",
        ),
        ProblemKind::Internal => (
            "This is a defect of crosspull.",
            "Try once more. If it comes again, report it with the text above; it holds no secret.",
        ),
    };
    (means.to_owned(), advice.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_failed_step_says_all_that_is_known() {
        insta::assert_snapshot!(problem_text(&sample::problem(), Some(StepId::RegistryRole)), @"
        registry role  FAILED 13:31:07 UTC  CP-405  No right to give roles on the registry
        Tried    give the app AcrPull on fabrikamimages
        Azure    403 AuthorizationFailed: The client 'ben@fabrikam.example' with object
                 id '00000000-0000-0000-0000-000000000000' does not have authorization
                 to perform action 'Microsoft.Authorization/roleAssignments/write' over
                 scope '/subscriptions/22222222-2222-4222-8222-222222222222'.
        Means    The account that is signed in may see the registry, but not give roles
                 on it. Contributor is not enough for that.
        Changed  nothing in this step; what is done stays
        Do       Ask for Role Based Access Control Administrator on the registry, then
                 try again. Or hand the step over: the Owner gets the commands to run.
                 (An Owner of the registry)
        Read     https://learn.microsoft.com/azure/role-based-access-control/role-assignments-steps

        request      5f2c0a1e-6c0e-4a53-9a38-0f6d1b7f2e11
        correlation  c1b7e6d2-0f4b-4b0e-8d55-2f9a7c3e4410
        time         2026-11-23 13:31:07 UTC
        ");
    }

    #[test]
    fn what_no_service_said_is_what_was_found() {
        let problem = Problem::new(ProblemKind::Internal, "go on", "the plan should be known by now", sample::BEGIN);
        insta::assert_snapshot!(problem_text(&problem, None), @"
        FAILED 13:02:11 UTC
        Tried    go on
        Found    the plan should be known by now
        Means    This is a defect of crosspull.
        Changed  nothing
        Do       Try once more. If it comes again, report it with the text above; it
                 holds no secret.

        time         2026-11-23 13:02:11 UTC
        ");
    }

    #[test]
    fn a_sign_in_that_a_person_left_is_not_said_to_be_azures_doing() {
        let message = "the sign-in was left here before it was done; Azure refused nothing";
        let mut problem = Problem::new(ProblemKind::SignIn, "sign in to Contoso", message, sample::BEGIN);
        problem.code = Some("SignInGivenUp".to_owned());
        let words = problem_words(&problem, None);
        assert_eq!(words.lines[1], ("Found", message.to_owned()));
        assert_eq!(changed(&problem, Some(StepId::RegistryRole)), "nothing in this step; what is done stays");
        assert!(words.title.is_some_and(|title| title.contains("left")), "{words:?}");
    }

    #[test]
    fn what_has_changed_depends_on_how_clear_the_answer_was() {
        let mut problem = sample::problem();
        assert!(changed(&problem, Some(StepId::Secret)).starts_with("nothing in this step"));
        assert!(changed(&problem, Some(StepId::ClusterUpdate)).starts_with("some nodes may"));
        for unclear in [None, Some(500), Some(408), Some(409)] {
            problem.status = unclear;
            assert!(changed(&problem, Some(StepId::Secret)).starts_with("perhaps"), "{unclear:?}");
            assert!(changed(&problem, Some(StepId::ClusterUpdate)).starts_with("some nodes may"), "{unclear:?}");
        }
        problem.untouched = true;
        assert!(changed(&problem, Some(StepId::ClusterUpdate)).starts_with("nothing in the cluster"));
    }
}
