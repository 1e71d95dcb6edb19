//! Signing in: what the Azure CLI says, tokens, codes for another device, and the address on which a browser ends.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::header::HeaderMap;
use url::Url;

use super::{assert_harmless, parts, text};
use crate::{
    azure::{
        entra::decode_claims,
        http::{Call, Response},
        sign_in::{Way, classify, read_accounts, read_device_code},
    },
    catalogue,
    domain::redirect::Landed,
    secret::Secret,
    session::useful,
};

/// A token, or the beginning of one: what no text may pass on.
const TOKEN: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJ0aWQiOiIxMTExMTExMSJ9.c2lnbmF0dXJl";

/// Names are safe to show, and neither a token nor a line that signs people out gets through.
pub(super) fn azure_cli(data: &[u8]) {
    for account in read_accounts(data) {
        assert_harmless("an account", &account.user);
        assert_harmless("a tenant's name", account.tenant_name.as_deref().unwrap_or_default());
    }
    let Some(said) = text(data) else { return };
    let said = format!("AzureCliCredential authentication failed. {}", said.replace("@T@", TOKEN));
    let error = classify("sign in", &azure_core::Error::with_message(azure_core::error::ErrorKind::Credential, said));
    assert_harmless("what the Azure CLI says", &error.message);
    assert!(!format!("{error:?}").contains(TOKEN), "a token got through");
    assert!(!error.message.contains("Run the command below"), "{}", error.message);
    let _ = catalogue::explain(&error.problem(), None);
}

/// As a token's middle part, and as a token.
pub(super) fn claims(data: &[u8]) {
    let made = format!("eyJhbGciOiJub25lIn0.{}.c2ln", URL_SAFE_NO_PAD.encode(data));
    for token in [Some(made.as_str()), text(data)].into_iter().flatten() {
        let Some(claims) = decode_claims(&Secret::new(token)) else { continue };
        assert_harmless("who a token is of", &claims.who());
        assert_harmless("an account's name", claims.name.as_deref().unwrap_or_default());
        assert!(!claims.who().is_empty(), "nobody");
    }
}

/// The page is one over TLS, or on this machine; the code is safe to show; the looks are neither too many nor too few.
pub(super) fn device_code(data: &[u8]) {
    let call = Call::get("sign_in.device_code", "sign in", Url::parse("https://login.example/").unwrap());
    let Ok(asked) = read_device_code(&Response::new(200, HeaderMap::new(), data.to_vec(), &call)) else { return };
    assert_harmless("a code", &asked.code);
    assert!(asked.page.scheme() == "https" || crate::azure::http::is_loopback(&asked.page), "{}", asked.page);
    assert!((1..=3600).contains(&asked.life) && (1..=60).contains(&asked.interval.as_secs()), "{asked:?}");
}

/// Only an address that carries this sign-in's own state is taken for its end, and no code is told.
pub(super) fn redirect(data: &[u8]) {
    let Some([address, other]) = parts(data) else { return };
    let link = |state: &str| {
        let link = "https://login.example/authorize?redirect_uri=http%3A%2F%2Flocalhost%3A4711&nonce=n&state=";
        Url::parse(&format!("{link}{state}")).unwrap()
    };
    let way = Way::Browser { here: link("state-one"), elsewhere: link("state-two") };
    if useful(&way, address).is_ok() {
        // What copying puts between two letters does not count.
        let copied: String = address.chars().filter(|letter| !letter.is_control()).collect();
        let decoded = percent_encoding::percent_decode_str(&copied).decode_utf8_lossy().into_owned();
        let own = ["state-one", "state-two"].iter().any(|own| decoded.contains(own));
        let error = copied.contains("AADSTS");
        assert!(own || error, "another sign-in's address is taken: {address:?}");
    }
    for text in [
        address.to_owned(),
        format!("https://www.microsoft.com/?{other}"),
        format!("https://www.microsoft.com/#{other}"),
    ] {
        let redirect = Url::parse("https://www.microsoft.com").unwrap();
        let landed = Landed::read(&text, &redirect);
        assert!(format!("{landed:?}").len() < 16, "what an address holds is told");
        if let Landed::Accepted { .. } = landed {
            let fields = |text: Option<&str>| {
                url::form_urlencoded::parse(text.unwrap_or_default().as_bytes()).any(|(name, _)| name == "error")
            };
            let url = Url::parse(text.trim().trim_matches(['"', '\'', '<', '>'])).unwrap();
            let answer = url.query().or_else(|| url.fragment());
            assert!(!fields(answer), "a refusal is taken for a success: {text:?}");
        }
    }
}
