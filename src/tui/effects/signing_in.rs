//! Sign-ins that wait: what is done for them, and their end where nobody waits for them any more.

use std::sync::Arc;

use super::Shared;
use crate::{
    error::ExitCode,
    session::{Pasted, Wanted, Way},
    tui::{clipboard::Text, effect::ForSignIn, msg::Msg, trouble::Trouble},
};

impl Shared {
    pub(super) async fn for_sign_in(self: &Arc<Self>, id: u64, what: ForSignIn) {
        let Ok(session) = self.session().await else { return };
        let wanted = session.desk().waiting().borrow().iter().find(|wanted| wanted.id == id).cloned();
        let Some(Wanted { way, .. }) = wanted else { return self.is_over().await };
        match what {
            ForSignIn::Open => {
                let (Way::Browser { here: page, .. } | Way::Code { page, .. }) = way;
                self.send(Msg::Browser(self.browser.open(&page).await)).await;
            }
            ForSignIn::CopyLink { elsewhere: far } => {
                let link = match way {
                    Way::Browser { elsewhere, .. } if far => elsewhere,
                    Way::Browser { here: page, .. } | Way::Code { page, .. } => page,
                };
                self.copy_for_sign_in("the link", link.into()).await;
            }
            ForSignIn::CopyCode => {
                if let Way::Code { code, .. } = way {
                    self.copy_for_sign_in("the code", code).await;
                }
            }
            ForSignIn::Paste(text) => {
                if session.desk().paste(id, text) == Pasted::NotWanted {
                    self.is_over().await;
                }
            }
            ForSignIn::GiveUp => session.desk().give_up(id),
        }
    }

    async fn copy_for_sign_in(&self, what: &'static str, text: String) {
        let how = self.clipboard.copy(Text::Plain(text)).await;
        self.send(Msg::Copied { what, how }).await;
    }

    async fn is_over(&self) {
        let said = "That sign-in is over.".to_owned();
        self.send(Msg::Failed(Trouble { said, problem: None, code: ExitCode::Azure })).await;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tokio::sync::mpsc;

    use super::*;
    use crate::{
        domain::{Tenant, answers::SignIn, cloud::KnownCloud},
        engine::Pace,
        secret::Secret,
        session::{CloudChoice, Environment, Options, Session, Ticket},
        tui::{
            browser::{Browser, Place},
            clipboard::{self, Clipboard, Note},
            effect::Effect,
            effects::Effects,
        },
    };

    fn session() -> Session {
        let options = Options {
            cloud: Some(CloudChoice::Known(KnownCloud::default())),
            ca_pem: None,
            data_dir: std::env::temp_dir(),
            pace: Pace::faster(1000.0),
            environment: Environment::Given(HashMap::new()),
            accounts: Vec::new(),
            client_id: None,
        };
        Session::open(options).unwrap()
    }

    fn tenant() -> Tenant {
        Tenant { id: crate::sample::plan().registry_tenant.id, domain: None, display_name: None }
    }

    /// Somebody who signs in in a browser; that asks for no network before they have.
    fn signing_in() -> (Effects, mpsc::Receiver<Msg>, mpsc::Receiver<Note>) {
        let place = clipboard::Place { ssh: true, display: false, terminal: true };
        let (clipboard, notes) = Clipboard::new(place);
        let browser = Browser::at(Place { ssh: true, display: false });
        let (mut effects, messages) = Effects::new(Some(Box::new(|| Ok(session()))), None, clipboard, browser);
        let sign_in = SignIn::Browser { client_id: None };
        effects.begin(Effect::SignIn { ticket: Ticket(7), tenant: tenant(), sign_in, resource: None });
        (effects, messages, notes)
    }

    async fn waiting(messages: &mut mpsc::Receiver<Msg>) -> Vec<Wanted> {
        loop {
            if let Msg::SignIns(waiting) = messages.recv().await.unwrap() {
                return waiting;
            }
        }
    }

    async fn until_wanted(messages: &mut mpsc::Receiver<Msg>) -> Wanted {
        loop {
            if let Some(first) = waiting(messages).await.pop() {
                return first;
            }
        }
    }

    /// How the sign-in ended; its dialog goes before or after.
    async fn ended(messages: &mut mpsc::Receiver<Msg>) -> Trouble {
        loop {
            if let Msg::SignedIn(Ticket(7), came) = messages.recv().await.unwrap() {
                return came.unwrap_err();
            }
        }
    }

    #[tokio::test]
    async fn what_waits_is_shown_copied_and_ended_by_what_its_page_says() {
        let (mut effects, mut messages, mut notes) = signing_in();
        let wanted = until_wanted(&mut messages).await;
        assert_eq!(wanted.tenant, tenant().id);
        effects.begin(Effect::ForSignIn(wanted.id, ForSignIn::CopyLink { elsewhere: true }));
        assert!(matches!(notes.recv().await, Some(Note::ToTerminal(_))));
        effects.begin(Effect::ForSignIn(wanted.id, ForSignIn::Open));
        while !matches!(messages.recv().await, Some(Msg::Browser(opened)) if opened.failed()) {}
        let text = Secret::new("AADSTS50020: User account does not exist in tenant");
        effects.begin(Effect::ForSignIn(wanted.id, ForSignIn::Paste(text)));
        let code = ended(&mut messages).await.problem.and_then(|problem| problem.code);
        assert_eq!(code.as_deref(), Some("AADSTS50020"));
        effects.begin(Effect::ForSignIn(wanted.id, ForSignIn::Open));
        while !matches!(messages.recv().await, Some(Msg::Failed(trouble)) if trouble.said == "That sign-in is over.") {}
    }

    #[tokio::test]
    async fn a_sign_in_that_is_given_up_ends() {
        let (mut effects, mut messages, _notes) = signing_in();
        let wanted = until_wanted(&mut messages).await;
        effects.begin(Effect::ForSignIn(wanted.id, ForSignIn::GiveUp));
        let code = ended(&mut messages).await.problem.and_then(|problem| problem.code);
        assert_eq!(code.as_deref(), Some("SignInGivenUp"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_session_is_opened_whoever_was_the_first_to_wait_for_it() {
        let (begun, has_begun) = std::sync::mpsc::channel();
        let (go_on, goes_on) = std::sync::mpsc::channel::<()>();
        let open = move || {
            begun.send(()).unwrap();
            goes_on.recv().unwrap();
            Ok(session())
        };
        let place = clipboard::Place { ssh: true, display: false, terminal: true };
        let browser = Browser::at(Place { ssh: true, display: false });
        let (mut effects, mut messages) = Effects::new(Some(Box::new(open)), None, Clipboard::new(place).0, browser);
        let mut sign_in = || {
            let sign_in = SignIn::Browser { client_id: None };
            effects.begin(Effect::SignIn { ticket: Ticket(7), tenant: tenant(), sign_in, resource: None });
        };
        sign_in();
        tokio::task::spawn_blocking(move || has_begun.recv().unwrap()).await.unwrap();
        // The first is ended by the second.
        sign_in();
        go_on.send(()).unwrap();
        let asked = async {
            loop {
                match messages.recv().await.unwrap() {
                    Msg::SignedIn(_, came) => panic!("it was not opened: {}", came.unwrap_err().said),
                    Msg::SignIns(waiting) if !waiting.is_empty() => return waiting,
                    _ => {}
                }
            }
        };
        assert_eq!(asked.await.len(), 1);
    }
}
