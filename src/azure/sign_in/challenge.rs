//! Claims: what a service wants a token to prove, beyond who it is of.

use base64::{
    Engine as _,
    engine::{DecodePaddingMode, general_purpose::GeneralPurposeConfig},
};
use serde_json::{Map, Value, json};

/// A claims challenge on its way to a credential, as it was received: in base64 from a header, as JSON from Entra. The
/// credentials of `azure_identity` do not look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge(pub String);

impl Challenge {
    /// As `az login --claims-challenge` takes it. `None` where it is none: it stands in a command that people copy.
    pub fn base64(&self) -> Option<String> {
        let object = object(&self.0)?;
        Some(base64::engine::general_purpose::STANDARD.encode(Value::Object(object).to_string()))
    }
}

/// The `claims` parameter of a request for a token: that this client understands challenges (`CP1`), and what is asked for.
pub(crate) fn parameter(challenge: Option<&Challenge>) -> String {
    let asked = challenge.and_then(|challenge| object(&challenge.0)).unwrap_or_default();
    let mut claims = Value::Object(asked);
    // Last, since what a service asks for does not change what this client can do.
    merge(&mut claims, json!({"access_token": {"xms_cc": {"values": ["CP1"]}}}), 0);
    claims.to_string()
}

fn object(text: &str) -> Option<Map<String, Value>> {
    let text = text.trim();
    let read = |bytes: &[u8]| match serde_json::from_slice(bytes).ok()? {
        Value::Object(object) => Some(object),
        _ => None,
    };
    if text.starts_with('{') {
        return read(text.as_bytes());
    }
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [base64::alphabet::STANDARD, base64::alphabet::URL_SAFE].iter().find_map(|alphabet| {
        let bytes = base64::engine::GeneralPurpose::new(alphabet, lenient).decode(text).ok()?;
        read(&bytes)
    })
}

/// Puts `from` into `into`. The depth is bounded, since a challenge is foreign.
fn merge(into: &mut Value, from: Value, depth: u8) {
    const DEEPEST: u8 = 8;
    match (into, from) {
        (Value::Object(into), Value::Object(from)) if depth < DEEPEST => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value, depth + 1);
            }
        }
        (into, from) => *into = from,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_added_to_what_this_client_says_of_itself() {
        let asked = r#"{"access_token":{"acrs":{"essential":true,"value":"p1"}}}"#;
        let encoded = base64::engine::general_purpose::STANDARD.encode(asked);
        for text in [asked.to_owned(), encoded.clone(), encoded.trim_end_matches('=').to_owned()] {
            let challenge = Challenge(text);
            let claims: Value = serde_json::from_str(&parameter(Some(&challenge))).unwrap();
            assert_eq!(claims["access_token"]["acrs"]["value"], "p1");
            assert_eq!(claims["access_token"]["xms_cc"]["values"][0], "CP1");
            assert_eq!(challenge.base64().as_deref(), Some(encoded.as_str()));
        }
    }

    #[test]
    fn a_challenge_does_not_speak_for_this_client() {
        for asked in [r#"{"access_token":{"xms_cc":{"values":["CP0"]}}}"#, r#"{"access_token":1}"#] {
            let claims: Value = serde_json::from_str(&parameter(Some(&Challenge(asked.to_owned())))).unwrap();
            assert_eq!(claims["access_token"]["xms_cc"]["values"], json!(["CP1"]), "{asked}");
        }
    }

    #[test]
    fn what_is_no_challenge_is_left_out() {
        for text in ["", "{", "nonsense", "W10="] {
            let plain = parameter(None);
            let challenge = Challenge(text.to_owned());
            assert_eq!((parameter(Some(&challenge)), challenge.base64()), (plain, None), "{text}");
        }
    }
}
