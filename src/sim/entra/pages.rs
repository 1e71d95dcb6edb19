//! The pages for people: small HTML, whole without scripts but for the form that posts itself.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Refusal, State};
use crate::sim::directory::User;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;background:#f2f2f2;color:#1b1b1b;margin:0}\
main{background:#fff;max-width:27rem;margin:8vh auto;padding:2.5rem;box-shadow:0 2px 6px #0003}\
h1{font-size:1.4rem;font-weight:600;margin:.5rem 0 1rem}\
input[type=text],input[type=password]{width:100%;box-sizing:border-box;padding:.4rem;margin:.3rem 0 .8rem;\
font:inherit;border:0;border-bottom:1px solid #666}\
button{font:inherit;padding:.35rem 1.4rem;border:0;background:#0067b8;color:#fff;cursor:pointer;margin:.2rem .4rem .2rem 0}\
button.plain{background:#ccc;color:#1b1b1b}button.person{display:block;width:100%;text-align:left}\
.who{color:#555;margin:0}.wrong{color:#a80000}.sim{color:#767676;font-size:.85rem;margin-top:2rem}";

/// Text as it may stand in HTML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(letter),
        }
    }
    out
}

fn html(title: &str, body: &str) -> Response {
    // The icon is there, and empty: a browser asks for no other.
    let text = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"icon\" href=\"data:,\"><style>{STYLE}</style></head><body><main>{body}\
         <p class=\"sim\">This is crosspull's simulator on your own machine, not Microsoft.</p></main></body></html>",
        title = escaped(title)
    );
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-cache"));
    response
}

fn hidden(fields: &[(String, String)]) -> String {
    let field = |(name, value): &(String, String)| {
        format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(name), escaped(value))
    };
    fields.iter().map(field).collect()
}

/// A form that comes back to the address it is shown at, with what has been given so far.
pub(super) struct Form<'a> {
    pub(super) action: &'a str,
    pub(super) carried: &'a [(String, String)],
}

/// What a sign-in page knows beforehand.
pub(super) struct Who<'a> {
    pub(super) where_to: &'a str,
    /// The name that the application expects.
    pub(super) hint: Option<&'a str>,
    pub(super) wrong: Option<&'a str>,
}

/// Asks who is there.
pub(super) fn sign_in(state: &State, form: &Form<'_>, who: &Who<'_>) -> Response {
    let Who { where_to, hint, wrong } = *who;
    let world = state.world.lock();
    let mut people = String::new();
    let expected = |user: &&User| hint.is_some_and(|hint| user.upn.eq_ignore_ascii_case(hint));
    let all = || world.tenants.iter().flat_map(|tenant| &tenant.users).filter(|user| user.home_tenant.is_none());
    for user in all().filter(expected).chain(all().filter(|user| !expected(user))) {
        people.extend([
            "<button class=\"person\" name=\"quick\" value=\"",
            &escaped(&user.upn),
            "\">",
            &escaped(&user.name),
            " (",
            &escaped(&user.upn),
            ")</button>",
        ]);
    }
    let body = format!(
        "<p class=\"who\">{where_to}</p><h1>Sign in</h1>{wrong}<form method=\"post\" action=\"{action}\">{carried}\
         <label>Account<input type=\"text\" id=\"username\" name=\"username\" value=\"{hint}\" autocomplete=\"username\"></label>\
         <label>Password<input type=\"password\" id=\"password\" name=\"password\"></label>\
         <button id=\"signin\" name=\"step\" value=\"signin\">Sign in</button></form>\
         <form method=\"post\" action=\"{action}\">{carried}<p>The simulator's people need no password:</p>{people}\
         </form>",
        where_to = escaped(where_to),
        hint = escaped(hint.unwrap_or_default()),
        wrong = wrong.map(|text| format!("<p class=\"wrong\" id=\"wrong\">{}</p>", escaped(text))).unwrap_or_default(),
        action = escaped(form.action),
        carried = hidden(form.carried),
    );
    html("Sign in", &body)
}

/// What a consent page says.
pub(super) struct Consent<'a> {
    pub(super) who: &'a str,
    pub(super) app: &'a str,
    pub(super) publisher: &'a str,
    pub(super) directory: &'a str,
    /// May consent for everybody: shown the tick, or asked for nothing less.
    pub(super) admin: bool,
    pub(super) for_all: bool,
}

/// Asks for consent.
pub(super) fn consent(form: &Form<'_>, what: &Consent<'_>) -> Response {
    let title =
        if what.for_all { "Permissions requested. Review for your organization" } else { "Permissions requested" };
    let tick = if what.admin && !what.for_all {
        "<p><label><input type=\"checkbox\" id=\"on-behalf\" name=\"on_behalf\" value=\"true\"> Consent on behalf of \
         your organization</label></p>"
    } else {
        ""
    };
    let body = format!(
        "<p class=\"who\">{who} · {directory}</p><h1>{title}</h1><p><strong id=\"app\">{app}</strong><br>{publisher}</p>\
         <p>This application would like to:</p><ul><li>Sign in and read user profile</li></ul>\
         <form method=\"post\" action=\"{action}\">{carried}{tick}\
         <button id=\"accept\" name=\"decision\" value=\"accept\">Accept</button>\
         <button id=\"cancel\" class=\"plain\" name=\"decision\" value=\"cancel\">Cancel</button></form>",
        who = escaped(what.who),
        directory = escaped(what.directory),
        app = escaped(what.app),
        publisher = escaped(what.publisher),
        action = escaped(form.action),
        carried = hidden(form.carried),
    );
    html(title, &body)
}

/// Asks for more than a password.
pub(super) fn second_factor(form: &Form<'_>, who: &str) -> Response {
    let body = format!(
        "<p class=\"who\">{who}</p><h1>Approve sign in request</h1>\
         <p>Your sign-in needs to be approved on your other device. Here, the button is that device.</p>\
         <form method=\"post\" action=\"{action}\">{carried}\
         <button id=\"approve\" name=\"mfa\" value=\"approve\">Approve</button>\
         <button id=\"deny\" class=\"plain\" name=\"mfa\" value=\"deny\">Deny</button></form>",
        who = escaped(who),
        action = escaped(form.action),
        carried = hidden(form.carried),
    );
    html("Approve sign in request", &body)
}

/// Asks for the code of another device.
pub(super) fn device_code(form: &Form<'_>, code: &str, wrong: Option<&str>) -> Response {
    let body = format!(
        "<h1>Enter code</h1>{wrong}<p>Enter the code that your app or device shows.</p>\
         <form method=\"post\" action=\"{action}\">\
         <label>Code<input type=\"text\" id=\"user-code\" name=\"user_code\" value=\"{code}\"></label>\
         <button id=\"next\" name=\"step\" value=\"code\">Next</button></form>",
        wrong = wrong.map(|text| format!("<p class=\"wrong\" id=\"wrong\">{}</p>", escaped(text))).unwrap_or_default(),
        action = escaped(form.action),
        code = escaped(code),
    );
    html("Enter code", &body)
}

/// Asks whether it was really the person who started this elsewhere.
pub(super) fn device_confirm(form: &Form<'_>, who: &str, app: &str) -> Response {
    let body = format!(
        "<p class=\"who\">{who}</p><h1>Are you trying to sign in to {app}?</h1>\
         <form method=\"post\" action=\"{action}\">{carried}\
         <button id=\"accept\" name=\"decision\" value=\"accept\">Continue</button>\
         <button id=\"cancel\" class=\"plain\" name=\"decision\" value=\"cancel\">Cancel</button></form>",
        who = escaped(who),
        app = escaped(app),
        action = escaped(form.action),
        carried = hidden(form.carried),
    );
    html("Sign in", &body)
}

/// Says one thing, and that the window can be closed.
pub(super) fn told(title: &str, text: &str) -> Response {
    html(title, &format!("<h1>{}</h1><p id=\"told\">{}</p>", escaped(title), escaped(text)))
}

/// An error that stays on Microsoft's page and never reaches the application.
pub(super) fn error(number: u32, message: &str) -> Refusal {
    let form = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    let body = format!(
        "<p class=\"who\">Sign in</p><h1>Sorry, but we’re having trouble signing you in.</h1>\
         <p id=\"error\">AADSTS{number}: {message}</p><p>Request Id: {}<br>Correlation Id: {}<br>Timestamp: {}</p>",
        Uuid::new_v4(),
        Uuid::new_v4(),
        OffsetDateTime::now_utc().format(form).unwrap_or_default(),
        message = escaped(message),
    );
    Refusal::from(html("Sign in to your account", &body))
}

/// A page that posts its fields to the application by itself.
pub(super) fn form_post(to: &str, fields: &[(String, String)]) -> Response {
    let body = format!(
        "<form method=\"post\" action=\"{}\" id=\"back\">{}<noscript><button>Continue</button></noscript></form>\
         <script>document.getElementById('back').submit()</script>",
        escaped(to),
        hidden(fields)
    );
    html("Working...", &body)
}

/// Sends the browser back with the fields in the query, or behind the `#`.
pub(super) fn redirect(to: &str, fields: &[(String, String)], fragment: bool) -> Response {
    let fields = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        .finish();
    let joint = match (fragment, to.contains('?')) {
        (true, _) => '#',
        (false, true) => '&',
        (false, false) => '?',
    };
    // A bare host gets its slash, as browsers and Entra write it.
    let bare = url::Url::parse(to).is_ok_and(|url| url.path() == "/" && url.query().is_none() && !to.ends_with('/'));
    let slash = if bare { "/" } else { "" };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = axum::http::StatusCode::FOUND;
    if let Ok(place) = HeaderValue::from_str(&format!("{to}{slash}{joint}{fields}")) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_sent_becomes_markup() {
        assert_eq!(escaped("<b a='\"'>&"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
    }

    #[test]
    fn a_redirect_keeps_the_query_that_was_there() {
        let to = |address: &str| {
            let response = redirect(address, &[("code".into(), "a b".into())], false);
            response.headers()[header::LOCATION].to_str().unwrap().to_owned()
        };
        assert_eq!(to("https://www.microsoft.com"), "https://www.microsoft.com/?code=a+b");
        assert_eq!(to("https://app.example/x?y=1"), "https://app.example/x?y=1&code=a+b");
        assert_eq!(to("http://localhost:8400"), "http://localhost:8400/?code=a+b");
    }
}
