//! The `claims` parameter: what a client can do, and what a service demanded of it.

use serde_json::{Value, json};

use super::{Refusal, entra_error};

/// The parameter, understood.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ClaimsAsked {
    /// `xms_cc` names `CP1`: the client understands claims challenges.
    pub(super) client_capable: bool,
    /// An authentication context is demanded, which takes more than a password.
    pub(super) mfa: bool,
}

/// Reads the parameter; none asks for nothing.
pub(super) fn asked(claims: Option<&str>) -> Result<ClaimsAsked, Refusal> {
    let Some(text) = claims else { return Ok(ClaimsAsked::default()) };
    let of_token = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(mut whole)) => whole.remove("access_token").unwrap_or_default(),
        _ => return Err(Refusal::from(entra_error(400, "invalid_request", 9_000_410, "Malformed JSON."))),
    };
    let names = |name: &str| -> Vec<String> {
        let one = of_token[name]["value"].as_str().into_iter();
        let many = of_token[name]["values"].as_array().into_iter().flatten().filter_map(Value::as_str);
        one.chain(many).map(str::to_owned).collect()
    };
    Ok(ClaimsAsked {
        client_capable: names("xms_cc").iter().any(|name| name.eq_ignore_ascii_case("cp1")),
        mfa: !names("acrs").is_empty(),
    })
}

/// What Entra sends along with a refusal, for the client to sign in with.
pub(super) fn mfa_claims() -> String {
    json!({"access_token": {"acrs": {"essential": true, "values": [AUTHENTICATION_CONTEXT]}}}).to_string()
}

/// The context that stands for a second factor.
pub(in crate::sim) const AUTHENTICATION_CONTEXT: &str = "p1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capability_alone_asks_for_no_second_factor() {
        let read = |text: &str| asked(Some(text)).unwrap();
        let capable = read(r#"{"access_token":{"xms_cc":{"values":["CP1"]}}}"#);
        assert_eq!(capable, ClaimsAsked { client_capable: true, mfa: false });
        for demand in [r#"{"essential":true,"value":"p1"}"#, r#"{"essential":true,"values":["p1"]}"#] {
            let both = read(&format!(r#"{{"access_token":{{"acrs":{demand},"xms_cc":{{"values":["cp1"]}}}}}}"#));
            assert_eq!(both, ClaimsAsked { client_capable: true, mfa: true });
        }
        assert_eq!(read(r#"{"access_token":{"nbf":{"essential":true,"value":"1"}}}"#), ClaimsAsked::default());
        assert!(asked(Some("{")).is_err());
    }
}
