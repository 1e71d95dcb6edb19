//! The forms in which Azure's services say what went wrong.

use serde_json::Value;

/// What an error's body says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) inner_codes: Vec<String>,
    pub(crate) aadsts: Option<u32>,
    pub(crate) request_id: Option<String>,
    pub(crate) correlation_id: Option<String>,
    pub(crate) claims: Option<String>,
}

/// Reads an error's body. `None` where it has none of the known forms.
pub(crate) fn parse(body: &Value) -> Option<Parsed> {
    let object = body.as_object()?;
    let mut parsed = match (object.get("error"), object.get("errors")) {
        // Resource Manager and Graph.
        (Some(Value::Object(_)), _) => nested(&body["error"]),
        // Entra.
        (Some(Value::String(error)), _) => entra(error, body),
        // The registry.
        (_, Some(Value::Array(errors))) => registry(errors),
        // Resource providers that leave the wrapper out, AKS among them.
        _ if object.contains_key("code") || object.contains_key("message") => nested(body),
        _ => return None,
    };
    if parsed.aadsts.is_none() {
        parsed.aadsts = parsed.message.as_deref().and_then(aadsts_number);
    }
    Some(parsed)
}

fn nested(error: &Value) -> Parsed {
    let inner = ["innerError", "innererror"].into_iter().map(|name| &error[name]).find(|value| value.is_object());
    let mut inner_codes = Vec::new();
    collect_codes(error, &mut inner_codes, 0);
    Parsed {
        code: text(&error["code"]),
        message: text(&error["message"]),
        inner_codes,
        request_id: inner.and_then(|inner| text(&inner["request-id"])),
        correlation_id: inner.and_then(|inner| text(&inner["client-request-id"])),
        ..Parsed::default()
    }
}

/// Codes below `error`, not its own. Bounded, since the body is foreign.
fn collect_codes(error: &Value, codes: &mut Vec<String>, depth: u8) {
    const DEEPEST: u8 = 4;
    const MOST: usize = 16;
    if depth >= DEEPEST {
        return;
    }
    codes.extend(text(&error["subcode"]));
    let below = error["details"]
        .as_array()
        .into_iter()
        .flatten()
        .chain(["innererror", "innerError"].into_iter().map(|name| &error[name]).filter(|value| value.is_object()));
    for inner in below {
        if codes.len() >= MOST {
            return;
        }
        codes.extend(text(&inner["code"]));
        collect_codes(inner, codes, depth + 1);
    }
}

fn entra(error: &str, body: &Value) -> Parsed {
    let description = text(&body["error_description"]);
    Parsed {
        code: Some(clean(error)),
        aadsts: body["error_codes"][0].as_u64().and_then(|number| u32::try_from(number).ok()),
        // What follows is the ids that have fields of their own.
        message: description.map(|text| text.split(" Trace ID").next().unwrap_or_default().trim().to_owned()),
        inner_codes: text(&body["suberror"]).into_iter().collect(),
        request_id: text(&body["trace_id"]),
        correlation_id: text(&body["correlation_id"]),
        claims: body["claims"].as_str().filter(|claims| !claims.is_empty()).map(str::to_owned),
    }
}

fn registry(errors: &[Value]) -> Parsed {
    let (first, rest) = errors.split_first().map_or((&Value::Null, errors), |(first, rest)| (first, rest));
    Parsed {
        code: text(&first["code"]),
        message: text(&first["message"]),
        inner_codes: rest.iter().filter_map(|error| text(&error["code"])).take(8).collect(),
        ..Parsed::default()
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(clean).filter(|text| !text.is_empty())
}

/// A foreign text made fit for one line of a terminal: no control characters, no runs of blanks, not too long, and nothing that
/// looks like a token.
pub(crate) fn clean(text: &str) -> String {
    const LONGEST: usize = 1200;
    let mut out = String::new();
    for word in
        text.split(|c: char| c.is_whitespace() || c.is_control() || turns_text(c)).filter(|word| !word.is_empty())
    {
        let word = if is_token(word) { "…" } else { word };
        if out.len() + word.len() > LONGEST {
            if out.is_empty() {
                out.extend(word.chars().take(80));
            } else {
                // A word of its own: with it, the one before could look like a token.
                out.push(' ');
            }
            out.push('…');
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Whether a sign is none that is seen, but changes the order or the look of those around it.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Whether a word holds a token, as Entra, registries and those who sign for themselves write them.
fn is_token(word: &str) -> bool {
    word.len() > 40 && word.contains("eyJ")
}

/// The first `AADSTS` number in a text.
pub(crate) fn aadsts_number(text: &str) -> Option<u32> {
    text.match_indices("AADSTS").find_map(|(at, mark)| {
        let digits: String = text[at + mark.len()..].chars().take_while(char::is_ascii_digit).collect();
        (5..=8).contains(&digits.len()).then(|| digits.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn resource_manager_and_graph() {
        let parsed = parse(&json!({"error": {
            "code": "CredentialInvalidLifetimeAsPerAppPolicy",
            "message": "Credential lifetime\r\nexceeds \u{1b}[31mthe max",
            "details": [{"code": "InvalidKeyEndDate", "innererror": {"code": "Deeper"}}],
            "innerError": {"request-id": "r-1", "client-request-id": "c-1", "date": "2026-01-01T00:00:00"},
        }}))
        .unwrap();
        assert_eq!(parsed.code.as_deref(), Some("CredentialInvalidLifetimeAsPerAppPolicy"));
        assert_eq!(parsed.message.as_deref(), Some("Credential lifetime exceeds [31mthe max"));
        assert_eq!(parsed.inner_codes, ["InvalidKeyEndDate", "Deeper"]);
        assert_eq!((parsed.request_id.as_deref(), parsed.correlation_id.as_deref()), (Some("r-1"), Some("c-1")));
    }

    #[test]
    fn the_flat_form_of_aks_with_an_aadsts_number_in_its_words() {
        let parsed = parse(&json!({
            "code": "BadRequest", "subcode": "ServicePrincipalValidationClientError", "details": null,
            "message": "The credentials in ServicePrincipalProfile were invalid. (Details: AADSTS7000215: Invalid client secret.)",
        }))
        .unwrap();
        assert_eq!(parsed.code.as_deref(), Some("BadRequest"));
        assert_eq!(parsed.inner_codes, ["ServicePrincipalValidationClientError"]);
        assert_eq!(parsed.aadsts, Some(7_000_215));
    }

    #[test]
    fn entra_loses_its_trailing_ids() {
        let parsed = parse(&json!({
            "error": "unauthorized_client", "error_codes": [700_016], "trace_id": "t", "correlation_id": "c",
            "error_description": "AADSTS700016: Application was not found in the directory 'Contoso'.\r\nTrace ID: t\r\nCorrelation ID: c",
            "claims": "{\"access_token\":{}}", "suberror": "bad_token",
        }))
        .unwrap();
        assert_eq!(parsed.aadsts, Some(700_016));
        assert_eq!(
            parsed.message.as_deref(),
            Some("AADSTS700016: Application was not found in the directory 'Contoso'.")
        );
        assert_eq!(parsed.request_id.as_deref(), Some("t"));
        assert!(parsed.claims.is_some());
    }

    #[test]
    fn the_registry_with_any_detail() {
        for detail in [json!([{"Type": "repository"}]), json!({"Tag": "x"}), json!(null)] {
            let parsed =
                parse(&json!({"errors": [{"code": "UNAUTHORIZED", "message": "no", "detail": detail}]})).unwrap();
            assert_eq!(parsed.code.as_deref(), Some("UNAUTHORIZED"));
        }
    }

    #[test]
    fn anything_else_has_no_form() {
        for body in [json!({}), json!([]), json!("text"), json!({"value": []}), json!(null)] {
            assert_eq!(parse(&body), None, "{body}");
        }
    }

    #[test]
    fn what_looks_like_a_token_is_not_passed_on() {
        let token = format!("eyJ{}.eyJ{}.{}", "a".repeat(30), "b".repeat(1400), "c".repeat(40));
        assert_eq!(clean(&format!("the assertion '{token}' is not valid")), "the assertion … is not valid");
        assert_eq!(clean(&token), "…");
    }

    #[test]
    fn where_a_text_is_cut_off_nothing_begins_to_look_like_a_token() {
        let short = format!("eyJ{}", "b".repeat(36));
        let cut = clean(&format!("{} {short} {}", "a".repeat(1100), "c".repeat(100)));
        assert!(cut.ends_with(&format!("{short} …")), "{cut}");
        assert_eq!(clean(&cut), cut);
    }

    #[test]
    fn marks_that_turn_a_text_are_taken_out() {
        assert_eq!(clean("a\u{61c}b\u{200f}c\u{202e}d\u{ad}e"), "a b c d e");
    }

    #[test]
    fn numbers_are_found_only_whole() {
        assert_eq!(aadsts_number("ERROR: AADSTS50020: User"), Some(50_020));
        assert_eq!(aadsts_number("AADSTS: AADSTS900023"), Some(900_023));
        assert_eq!(aadsts_number("AADSTS12"), None);
        assert_eq!(aadsts_number("AADSTS123456789"), None);
    }
}
