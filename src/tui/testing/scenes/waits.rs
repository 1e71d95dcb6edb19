//! What waits for a person of the other company.

use time::Duration;

use super::{EIGHTEEN, Scene, resumed, run, status, until};
use crate::{
    domain::StepId,
    engine::{Event, event::Doing},
    sample,
    secret::Secret,
    tui::{
        browser,
        clipboard::Copied,
        msg::Msg,
        testing::{
            answers,
            script::{NOW, Script},
        },
    },
};

pub(in crate::tui::testing) fn waits() -> Vec<Scene> {
    let consent = || {
        let waits = status(
            StepId::Consent,
            Doing::Person,
            "an admin of Fabrikam to accept the app",
            Some("AADSTS700016: Application was not found in the directory"),
        );
        run(until(StepId::Consent)).hears(waits).later(EIGHTEEN)
    };
    let role = |said: &str| {
        let waits =
            status(StepId::RegistryRole, Doing::Person, "an admin of Fabrikam to give the app its role", Some(said));
        handed_over_run(true).hears(waits).later(EIGHTEEN)
    };
    let ready = status(StepId::Consent, Doing::Visibility, "the new key to be known", None);
    let landed = |address: &str| consent().hears(Msg::Paste(Secret::new(address)));
    let handed = || handed_over_run(false).hears(handed_status());
    let unseen = "cannot be seen from here: the registry's firewall refuses 203.0.113.7";
    vec![
        ("wait-ready", run(until(StepId::Consent)).hears(ready)),
        ("wait-consent", consent()),
        ("wait-consent-demo", {
            let mut script = Script::demo().then("<enter>").without_answers();
            script.told(Msg::Opened(Ok(Box::new(answers::opened(until(StepId::Consent), false)))));
            let waits =
                status(StepId::Consent, Doing::Person, "an admin of Fabrikam to accept the app", Some("not there yet"));
            script.hears(waits).later(EIGHTEEN)
        }),
        ("wait-consent-demo-ends", {
            let mut script = Script::demo().then("<enter>").without_answers();
            script.told(Msg::Opened(Ok(Box::new(answers::opened(until(StepId::Consent), false)))));
            script.then("<esc>")
        }),
        (
            "wait-consent-no-answer",
            consent().hears(status(
                StepId::Consent,
                Doing::Network,
                "an admin of Fabrikam to accept the app",
                Some("`login.microsoftonline.com` could not be reached: no connection in time"),
            )),
        ),
        ("wait-consent-copied", consent().hears(Msg::Copied { what: "the link", how: Copied::Terminal })),
        (
            "wait-consent-no-browser",
            consent().hears(Msg::Browser(browser::Opened::NoBrowser(
                "There is no display here to open a browser on".to_owned(),
            ))),
        ),
        ("wait-consent-paste", consent().then("p")),
        ("wait-consent-accepted", landed("https://www.microsoft.com/?admin_consent=True")),
        (
            "wait-consent-refused",
            landed(
                "https://www.microsoft.com/?error=access_denied&error_description=AADSTS65004%3A+User+declined+to+consent+to+access+the+app.",
            ),
        ),
        ("wait-consent-not-it", landed("https://example.com/")),
        ("wait-handed-over", handed().later(EIGHTEEN)),
        ("wait-message", handed().then("m")),
        ("wait-role", role("signed in, but no right to pull yet")),
        ("wait-role-unseen", role(unseen)),
        ("wait-role-vouch", role(unseen).then("v")),
        ("wait-another-step", consent().then("<up><up>")),
    ]
}

fn handed_status() -> Msg {
    status(StepId::Consent, Doing::Person, "an admin of Fabrikam to accept the app", Some("AADSTS700016: x"))
}

/// The records of a handed-over setup up to the consent.
fn handed_over_run(consented: bool) -> Script {
    let mut records = sample::confirmed(sample::handed_over_answers(), &sample::handed_over_plan());
    records.extend(sample::registration());
    records.extend(sample::identity());
    if consented {
        let key = crate::domain::Key {
            id: crate::domain::KeyId(sample::uuid(2)),
            purpose: crate::domain::Purpose::Watch,
            ends: NOW + Duration::days(1),
        };
        records.extend(sample::step(StepId::WatchKey, crate::domain::Output::Key(key)));
        records.extend(sample::consent());
    }
    resumed(records).hears(Msg::Engine(Event::Looked))
}
