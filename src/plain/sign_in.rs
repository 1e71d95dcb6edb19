//! Sign-ins that wait for a person, as lines on standard error. What waits for them goes on by itself.

use std::{collections::HashSet, fmt::Write as _, sync::Arc};

use serde_json::json;
use tokio::task::JoinHandle;
use url::Url;

use super::out::{Out, typed_line};
use crate::{
    secret::Secret,
    session::{Desk, Pasted, Wanted, Way, useful},
    words::{sign_in_reason, sign_in_useless},
};

/// Opens a link in the browser of whoever sits here; says whether the system took it.
pub type Opener = Arc<dyn Fn(Url) -> futures::future::BoxFuture<'static, bool> + Send + Sync>;

/// As long as this is held, people are asked.
#[derive(Debug)]
pub struct SignIns(JoinHandle<()>);

impl Drop for SignIns {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Tells of each sign-in that waits, and takes what is pasted where somebody sits at a terminal.
pub fn ask(desk: Desk, open: Opener, out: Out) -> SignIns {
    // Whoever asks is here before anything can want to be asked.
    let mut waiting = desk.waiting();
    SignIns(tokio::spawn(async move {
        let mut told = HashSet::new();
        loop {
            let first = waiting.borrow_and_update().first().cloned();
            let changed = match first {
                Some(wanted) => {
                    if told.insert(wanted.id) {
                        tell(&wanted, &open, out).await;
                    }
                    let takes = matches!(wanted.way, Way::Browser { .. }) && out.can_ask();
                    tokio::select! {
                        changed = waiting.changed() => changed,
                        () = paste(&desk, &wanted), if takes => Ok(()),
                    }
                }
                None => waiting.changed().await,
            };
            if changed.is_err() {
                return;
            }
        }
    }))
}

async fn tell(wanted: &Wanted, open: &Opener, out: Out) {
    let mut text = format!(
        "\n{}\n",
        sign_in_reason(wanted.reason, &format!("tenant {}", wanted.tenant), wanted.account.as_deref())
    );
    let object = match &wanted.way {
        Way::Code { code, page, .. } => {
            let _ = write!(text, "Open {page} on any device, and type this code there:\n\n  {code}\n");
            json!({ "page": page, "code": code })
        }
        Way::Browser { here, elsewhere } => {
            let opened = out.can_ask() && open(here.clone()).await;
            if opened {
                let _ = write!(text, "The browser was asked to show this page:\n\n{here}\n");
            } else {
                let _ = write!(text, "Open this page:\n\n{elsewhere}\n");
                if out.can_ask() {
                    text.push_str(
                        "\nIf that browser is on another machine, it ends on an address at localhost that\n\
                         shows nothing. Paste that address here, and press Enter.\n",
                    );
                }
            }
            if out.can_ask() {
                text.push_str("\nIf the page shows an error instead (AADSTS and a number), paste that line here.\n");
            }
            json!({ "page": if opened { here } else { elsewhere } })
        }
    };
    text.push_str("\nOnce that is done, crosspull goes on by itself. Ctrl-C stops it.");
    Out::aside(&text);
    out.object(&json!({
        "event": "sign-in",
        "tenant": wanted.tenant,
        "account": wanted.account,
        "how": object,
    }));
}

/// Takes one line, unless something else happens before.
async fn paste(desk: &Desk, wanted: &Wanted) {
    let Some(line) = typed_line().await.map(Secret::new) else {
        // The input has ended: nothing more will be pasted.
        return std::future::pending().await;
    };
    if line.expose().trim().is_empty() {
        return;
    }
    if let Err(useless) = useful(&wanted.way, line.expose()) {
        Out::aside(&sign_in_useless(&useless));
    } else if desk.paste(wanted.id, line) == Pasted::NotWanted {
        Out::aside("Nobody waits for that any more.");
    }
}
