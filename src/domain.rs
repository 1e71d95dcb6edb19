//! The closed types that every other room shares: parsed ids, clouds, steps, answers, facts, plan.
//!
//! Nothing here does I/O, and nothing here can hold a secret: everything is written to the journal or printed.

pub mod answers;
pub mod cloud;
pub mod draft;
pub mod facts;
pub mod finding;
pub mod id;
pub mod image;
pub mod key;
pub mod looking;
pub mod operator;
pub mod pasted;
pub mod plan;
pub mod problem;
pub mod redirect;
pub mod resource_id;
pub mod role;
pub mod rules;
pub mod sign_in;
pub mod step;
pub mod tenant;

pub use answers::{Answers, Tenant};
pub use cloud::Cloud;
pub use draft::Draft;
pub use facts::{Facts, Output};
pub use finding::{Finding, Severity};
pub use id::{AppId, KeyId, ObjectId, SetupId, SubscriptionId, TenantId};
pub use image::{Digest, ImageReference, LoginServer, Repository};
pub use key::{Key, Purpose};
pub use looking::{Looking, Subject};
pub use operator::Operator;
pub use pasted::Pasted;
pub use plan::{Plan, PlanHash};
pub use problem::Problem;
pub use resource_id::ResourceId;
pub use step::{Side, StepId};
pub use tenant::{DomainName, TenantRef};

/// A text from outside that is not what it should be; says what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct ParseError {
    /// What was given, shortened to a length that fits a line.
    pub text: String,
    /// What would have been right, with its article: "a tenant id, such as …".
    pub expected: &'static str,
}

impl ParseError {
    pub(crate) fn new(text: &str, expected: &'static str) -> Self {
        const LONGEST: usize = 120;
        let text = if text.chars().count() > LONGEST {
            text.chars().take(LONGEST).chain("…".chars()).collect()
        } else {
            text.to_owned()
        };
        Self { text, expected }
    }
}
