//! What a call carries and must not come back in words: services quote what they were sent.

use serde_json::Value;
use url::form_urlencoded;

use crate::secret::Secret;

/// Shorter ones would be found in ordinary words.
const SHORTEST: usize = 4;

/// A call's secrets.
#[derive(Clone, Default)]
pub(crate) struct Hidden(Vec<Secret>);

impl Hidden {
    pub(crate) fn add(&mut self, secret: Secret) {
        if secret.expose().len() >= SHORTEST {
            self.0.push(secret);
        }
    }

    /// Takes the secrets out of a text that came from outside. Before it is shortened: a part of one would not be found.
    pub(crate) fn scrub(&self, text: String) -> String {
        self.0
            .iter()
            .flat_map(forms)
            .fold(text, |text, form| if text.contains(form.expose()) { text.replace(form.expose(), "…") } else { text })
    }

    /// The same for every text of an answer.
    pub(crate) fn scrub_json(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.scrub(std::mem::take(text)),
            Value::Array(values) => values.iter_mut().for_each(|value| self.scrub_json(value)),
            Value::Object(fields) => fields.values_mut().for_each(|value| self.scrub_json(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// How a secret stands in a text: as it is, as a form or an address carries it, as a page shows it.
fn forms(secret: &Secret) -> impl Iterator<Item = Secret> {
    let text = secret.expose();
    let form: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    // Other writers than a browser's forms leave a tilde as it is, and write a blank out.
    let address = form.replace("%7E", "~").replace('+', "%20");
    let page = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let others = [form, address, page].map(Secret::new).into_iter().filter(|other| other.expose() != secret.expose());
    std::iter::once(secret.clone()).chain(others.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden() -> Hidden {
        let mut hidden = Hidden::default();
        for secret in ["hunter~2&<2", "it"] {
            hidden.add(Secret::new(secret));
        }
        hidden
    }

    #[test]
    fn a_secret_is_found_in_whatever_way_it_is_written() {
        for quoted in ["hunter~2&<2", "hunter%7E2%26%3C2", "hunter~2%26%3C2", "hunter~2&amp;&lt;2"] {
            assert_eq!(hidden().scrub(format!("it was {quoted}.")), "it was ….", "{quoted}");
        }
    }

    #[test]
    fn it_is_found_wherever_it_stands_in_an_answer() {
        let mut answer = serde_json::json!({ "error": { "details": [{ "code": "hunter~2&<2", "n": 1 }] } });
        hidden().scrub_json(&mut answer);
        assert_eq!(answer, serde_json::json!({ "error": { "details": [{ "code": "…", "n": 1 }] } }));
    }
}
