//! Long-running operations: `Azure-AsyncOperation` and `Location`.

use std::time::Duration;

use serde_json::Value;
use url::Url;

use crate::azure::{
    Result,
    api::lacks,
    error::{aadsts_number, parse},
    http::Response,
};

/// What Azure said to a request that may take long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// It was done at once.
    Done,
    /// It goes on.
    Running {
        /// Where its status is, in a form that says how it ended. To be preferred.
        operation: Option<Url>,
        /// Where its result will be.
        location: Option<Url>,
        /// When to look.
        retry_after: Option<Duration>,
    },
}

impl Accepted {
    pub(super) fn of(response: &Response) -> Result<Self> {
        let operation = header_url(response, "azure-asyncoperation");
        let location = header_url(response, "location");
        match response.status() {
            202 if operation.is_none() && location.is_none() => Err(lacks(response, "address of the operation")),
            // With 200 or 201 and the header the operation still goes on.
            202 => Ok(Self::Running { operation, location, retry_after: response.retry_after() }),
            _ if operation.is_some() => Ok(Self::Running { operation, location, retry_after: response.retry_after() }),
            _ => Ok(Self::Done),
        }
    }

    /// Where to ask how it goes.
    pub fn url(&self) -> Option<&Url> {
        match self {
            Self::Done => None,
            Self::Running { operation, location, .. } => operation.as_ref().or(location.as_ref()),
        }
    }
}

pub(super) fn header_url(response: &Response, name: &str) -> Option<Url> {
    response.header(name).and_then(|text| Url::parse(text.trim()).ok())
}

/// How an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationState {
    /// It goes on.
    Running,
    Succeeded,
    Failed,
    Canceled,
}

impl OperationState {
    fn of(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "succeeded" => Self::Succeeded,
            "failed" => Self::Failed,
            "canceled" | "cancelled" => Self::Canceled,
            // Providers have words of their own for what goes on.
            _ => Self::Running,
        }
    }
}

/// Why an operation failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationError {
    pub code: Option<String>,
    /// Codes below the first one.
    pub inner_codes: Vec<String>,
    pub message: Option<String>,
    pub aadsts: Option<u32>,
}

/// How an operation stands, in Azure's words.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationStatus {
    pub state: OperationState,
    /// Azure's own word.
    pub word: String,
    pub error: Option<OperationError>,
    pub percent: Option<f64>,
    /// When to look again.
    pub retry_after: Option<Duration>,
    /// The ids of the answer that said so.
    pub request_id: Option<String>,
    pub correlation_id: Option<String>,
}

impl OperationStatus {
    pub(in crate::azure) fn of(response: &Response) -> Result<Self> {
        let retry_after = response.retry_after();
        let bare = |state, word: &str| Self {
            state,
            word: word.to_owned(),
            error: None,
            percent: None,
            retry_after,
            request_id: response.request_id.clone(),
            correlation_id: response.correlation_id.clone(),
        };
        let blank = response.body.iter().all(u8::is_ascii_whitespace);
        match response.status() {
            204 => return Ok(bare(OperationState::Succeeded, "Succeeded")),
            202 if blank => return Ok(bare(OperationState::Running, "InProgress")),
            _ if blank => return Ok(bare(OperationState::Succeeded, "Succeeded")),
            _ => {}
        }
        let body: Value = response.json()?;
        let word = body["status"].as_str().or_else(|| body["properties"]["provisioningState"].as_str());
        let Some(word) = word else {
            // The `Location` form ends with the result, whatever that is.
            let state = if response.status() == 202 { OperationState::Running } else { OperationState::Succeeded };
            return Ok(bare(state, if response.status() == 202 { "InProgress" } else { "Succeeded" }));
        };
        let state = OperationState::of(word);
        let error = parse(&body).filter(|_| state != OperationState::Succeeded).map(|parsed| OperationError {
            aadsts: parsed.aadsts.or_else(|| parsed.message.as_deref().and_then(aadsts_number)),
            code: parsed.code,
            inner_codes: parsed.inner_codes,
            message: parsed.message,
        });
        Ok(Self {
            error,
            percent: body["percentComplete"].as_f64(),
            ..bare(state, &word.chars().take(64).collect::<String>())
        })
    }
}
