//! Sign-ins that wait for a person, as lines on standard error. What waits for them goes on by itself.

use std::{collections::HashSet, fmt::Write as _, sync::Arc, time::Duration};

use serde_json::json;
use tokio::{sync::watch, task::JoinHandle};
use url::Url;

use super::{
    out::{Out, TYPES, typed_line},
    patience::{Patience, nobody_came},
};
use crate::{
    error::Error,
    secret::Secret,
    session::{Desk, Pasted, Wanted, Way, useful},
    words::{
        layout::{clean, paragraph},
        sign_in_page, sign_in_reason, sign_in_useless,
    },
};

/// Opens a link in the browser of whoever sits here; says whether the system took it.
pub type Opener = Arc<dyn Fn(Url) -> futures::future::BoxFuture<'static, bool> + Send + Sync>;

/// As long as this is held, people are asked.
#[derive(Debug)]
pub struct SignIns {
    desk: Desk,
    /// How long a person is given.
    pub patience: Patience,
    telling: JoinHandle<()>,
}

impl Drop for SignIns {
    fn drop(&mut self) {
        self.telling.abort();
    }
}

impl SignIns {
    /// Does the work, unless a sign-in that it needs has had its time.
    pub async fn within<T, E: From<Error>>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        tokio::select! {
            biased;
            came = work => came,
            error = self.nobody_came() => Err(error.into()),
        }
    }

    /// Returns once a sign-in has had its time.
    pub async fn nobody_came(&self) -> Error {
        let tenant = self.patience.clone().ends(&self.desk).await;
        nobody_came(&self.desk.names().of(tenant))
    }
}

/// Tells of each sign-in that waits, and takes what is pasted where somebody sits at a terminal. Where nobody does, only what
/// a reader of the log can do elsewhere is told, and for no longer than `usual` and one code; they have as long as `wait`
/// says in any case.
pub fn ask(desk: &Desk, open: Opener, out: Out, wait: Option<Duration>, usual: Duration) -> SignIns {
    let alone = !Out::at_terminal();
    if alone {
        desk.only_read();
    }
    let (tells, told) = watch::channel(0);
    let patience = Patience { wait: wait.or(alone.then_some(usual)), one_code: alone, told: Some(told) };
    // Whoever asks is here before anything can want to be asked.
    let mut waiting = desk.waiting();
    let at = desk.clone();
    let limits = patience.clone();
    let telling = tokio::spawn(async move {
        let (mut told, mut tenants) = (HashSet::new(), HashSet::new());
        loop {
            let first = waiting.borrow_and_update().first().cloned();
            let changed = match first {
                Some(wanted) => {
                    if told.insert(wanted.id) {
                        let id_is_new = tenants.insert(wanted.tenant);
                        tell(&wanted, &called(&at, &wanted, id_is_new), &open, out, &limits).await;
                        tells.send_replace(wanted.id);
                    }
                    let takes = matches!(wanted.way, Way::Browser { .. }) && takes_pastes(out);
                    tokio::select! {
                        changed = waiting.changed() => changed,
                        () = paste(&at, &wanted), if takes => Ok(()),
                    }
                }
                None => waiting.changed().await,
            };
            if changed.is_err() {
                return;
            }
        }
    });
    SignIns { desk: desk.clone(), patience, telling }
}

/// Whether something can be pasted here while the work goes on.
fn takes_pastes(out: Out) -> bool {
    TYPES && out.can_ask()
}

/// Why it is wanted, with the tenant's name; its id once, since people compare that.
fn called(desk: &Desk, wanted: &Wanted, id_is_new: bool) -> String {
    let known = desk.names().known(wanted.tenant).map(|name| clean(&name));
    let id = match &known {
        Some(_) if id_is_new => format!("\nThe tenant's id is {}.", wanted.tenant),
        _ => String::new(),
    };
    let tenant = known.unwrap_or_else(|| format!("tenant {}", wanted.tenant));
    let mut text = String::new();
    paragraph(&mut text, "", &sign_in_reason(wanted.reason, &tenant, wanted.account.as_deref()));
    format!("{}{id}", text.trim_end())
}

async fn tell(wanted: &Wanted, why: &str, open: &Opener, out: Out, patience: &Patience) {
    // Before a page opens.
    Out::aside(&format!("\n{why}"));
    let mut text = String::new();
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
                if takes_pastes(out) {
                    text.push_str(
                        "\nIf that browser is on another machine, it ends on an address at localhost that\n\
                         shows nothing. Paste that address here, and press Enter.\n",
                    );
                }
            }
            if takes_pastes(out) {
                text.push_str("\nIf the page shows an error instead (AADSTS and a number), paste that line here.\n");
            }
            json!({ "page": if opened { here } else { elsewhere } })
        }
    };
    let typed = matches!(wanted.way, Way::Code { .. });
    let _ = write!(text, "\n{}\n", sign_in_page(wanted.client, typed));
    let wait = patience.wait.map(|wait| format!(" It waits for {} s.", wait.as_secs())).unwrap_or_default();
    let _ = write!(text, "\nOnce that is done, crosspull goes on by itself.{wait} Ctrl-C stops it.");
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
    // What others have to say meanwhile would tear apart what is being typed.
    let held = Out::hold();
    let Some(line) = typed_line().await.map(Secret::new) else {
        drop(held);
        // The input has ended: nothing more will be pasted.
        return std::future::pending().await;
    };
    if line.expose().trim().is_empty() {
        return;
    }
    if let Err(useless) = useful(&wanted.way, line.expose()) {
        let mut said = String::new();
        paragraph(&mut said, "", &sign_in_useless(&useless));
        Out::now(&said);
    } else if desk.paste(wanted.id, line) == Pasted::NotWanted {
        Out::now("Nobody waits for that any more.");
    }
}
