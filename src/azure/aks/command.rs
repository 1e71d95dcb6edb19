//! Commands run inside a cluster.

use std::time::Duration;

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use url::Url;

use super::operation::header_url;
use crate::azure::{Result, api::lacks, http::Response};

/// What AKS said to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandAccepted {
    /// The result, where it was there at once.
    pub result: Option<CommandResult>,
    /// Where the result will be.
    pub location: Option<Url>,
    /// When to look.
    pub retry_after: Option<Duration>,
}

impl CommandAccepted {
    pub(super) fn of(response: &Response) -> Result<Self> {
        let location = header_url(response, "location");
        let result = if response.status() == 200 { Some(CommandResult::of(response)?) } else { None };
        if result.is_none() && location.is_none() {
            return Err(lacks(response, "address of the command's result"));
        }
        Ok(Self { result, location, retry_after: response.retry_after() })
    }
}

/// Whether the command ran. That it ran does not mean that it succeeded: see its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandState {
    Running,
    /// It ran to its end.
    Succeeded,
    /// Its pod did not come to run.
    Failed,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandResult {
    pub state: CommandState,
    pub exit_code: Option<i32>,
    /// What it wrote. Foreign text: control characters and all.
    pub logs: String,
    /// Why it could not run. About the pod that runs the command, not about what the command looks at.
    pub reason: Option<String>,
    pub started_at: Option<OffsetDateTime>,
    pub finished_at: Option<OffsetDateTime>,
    /// When to look again.
    pub retry_after: Option<Duration>,
}

impl CommandResult {
    /// The body decides, not the status: a 200 may tell of a command that still runs.
    pub(super) fn of(response: &Response) -> Result<Self> {
        let blank = response.body.iter().all(u8::is_ascii_whitespace);
        let body: Value = if blank { Value::Null } else { response.json()? };
        Ok(Self { retry_after: response.retry_after(), ..Self::read(&body["properties"]) })
    }

    fn read(properties: &Value) -> Self {
        let state = properties["provisioningState"].as_str().unwrap_or_default().to_ascii_lowercase();
        let time = |name: &str| OffsetDateTime::parse(properties[name].as_str()?, &Rfc3339).ok();
        Self {
            state: match state.as_str() {
                "succeeded" => CommandState::Succeeded,
                "failed" | "canceled" | "cancelled" => CommandState::Failed,
                _ => CommandState::Running,
            },
            exit_code: properties["exitCode"].as_i64().and_then(|code| i32::try_from(code).ok()),
            logs: properties["logs"].as_str().unwrap_or_default().to_owned(),
            reason: properties["reason"].as_str().filter(|reason| !reason.is_empty()).map(str::to_owned),
            started_at: time("startedAt"),
            finished_at: time("finishedAt"),
            retry_after: None,
        }
    }

    /// It ran, and its exit code is zero.
    pub fn succeeded(&self) -> bool {
        self.state == CommandState::Succeeded && self.exit_code == Some(0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_body_decides_in_any_case() {
        let ran = CommandResult::read(&json!({
            "provisioningState": "succeeded", "exitCode": 0, "logs": "ok",
            "startedAt": "2021-02-17T00:28:20Z", "finishedAt": "2021-02-17T00:28:33Z",
        }));
        assert!(ran.succeeded() && ran.finished_at > ran.started_at);
        let failed = CommandResult::read(&json!({"provisioningState": "Succeeded", "exitCode": 1}));
        assert_eq!((failed.state, failed.succeeded()), (CommandState::Succeeded, false));
        let stuck = CommandResult::read(&json!({"provisioningState": "failed", "reason": "ImagePullBackoff"}));
        assert_eq!((stuck.state, stuck.reason.as_deref()), (CommandState::Failed, Some("ImagePullBackoff")));
        for going in [json!({"provisioningState": "Running"}), json!({}), json!(null)] {
            assert_eq!(CommandResult::read(&going).state, CommandState::Running);
        }
    }
}
