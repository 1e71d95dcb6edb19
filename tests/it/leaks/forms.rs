//! The ways in which a secret may stand in a text, or in a memory.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

/// A secret as it is, as an address carries it, as JSON writes it, and inside of something that is encoded as a whole; as numbers, and
/// with two bytes a sign.
pub(super) fn forms(secret: &str) -> Vec<String> {
    let secret = telling(secret);
    let mut forms = vec![secret.to_owned(), url::form_urlencoded::byte_serialize(secret.as_bytes()).collect()];
    forms.push(forms[1].replace("%7E", "~").replace('+', "%20"));
    forms.push(serde_json::to_string(secret).unwrap().trim_matches('"').to_owned());
    // All of a long one would take long, and its beginning is there where it is.
    let beginning = &secret.as_bytes()[..secret.len().min(64)];
    for before in 0..3 {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(beginning);
        // Signs that depend on what stands before or behind are left out.
        let from = (before * 8).div_ceil(6);
        for encoded in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            forms.push(encoded[from..bytes.len() * 8 / 6].to_owned());
        }
    }
    let hex = hexadecimal(beginning);
    forms.extend([hex.to_uppercase(), hex]);
    // As Windows and Java keep texts.
    forms.push(String::from_utf8_lossy(beginning).chars().flat_map(|sign| [sign, '\0']).collect());
    forms.sort_unstable();
    forms.dedup();
    forms
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// Of a signed token the signature: what stands before it is known to many.
fn telling(secret: &str) -> &str {
    if secret.starts_with("eyJ") { secret.rsplit('.').next().unwrap_or(secret) } else { secret }
}
