//! What the tenants allow: apps, their secrets, and who may register apps.

use time::OffsetDateTime;

use super::{Draft, note, stop, warning, why};
use crate::{
    azure::{
        Error,
        graph::{AppManagementPolicy, AuthorizationPolicy},
    },
    domain::{Answers, answers::Route},
    engine::wait,
    steps::look::{Deed, Look, Standing},
};

/// How long the cluster's key lives where nobody says otherwise, in days.
const YEAR: u16 = 365;

pub(super) async fn findings(look: &Look<'_>) -> Vec<Draft> {
    let (rules, register, deleted, abroad) =
        tokio::join!(look.rules(), register(look), look.in_recycle_bin(), abroad(look));
    let (route, _) = look.route().await;
    let app = look.app_there().await.filter(|_| route == Route::KeepApp);
    let mut found = match rules {
        Err(error) => vec![unread("The tenant's rules for apps", error)],
        Ok(rules) => {
            // Rules can spare what is older than they are.
            let made = app.and_then(|app| app.created).unwrap_or_else(wait::now);
            let mut found = secrets(rules, made, look.answers, route);
            let open = app.is_some_and(crate::azure::graph::Application::multitenant);
            if !open && rules.multitenant_allowed(made) == Some(false) {
                found.push(stop("CP-122", "A rule of the cluster tenant forbids apps that serve other tenants", &[]));
            }
            found
        }
    };
    found.extend(register);
    match deleted {
        _ if route != Route::NewApp => {}
        Ok(true) => {
            found.push(note("CP-127", "An app of this setup lies in the recycle bin of the cluster tenant", &[]));
        }
        Ok(false) => {}
        Err(error) => {
            let what = format!("The recycle bin of the cluster tenant could not be looked into: {}", why(&error));
            found.push(note("CP-150", what, &[]));
        }
    }
    if let Some(Err(error)) = look.own_rules().await {
        found.push(unread("The rules for the cluster's present app alone", error));
    }
    found.extend(abroad);
    found
}

/// Rules that this account may not read are one thing, a question without an answer is another.
fn unread(whose: &str, error: &Error) -> Draft {
    let what = format!("{whose} could not be read: {}", why(error));
    if error.hidden() { note("CP-124", what, &[]) } else { note("CP-150", what, &[]) }
}

fn secrets(rules: &AppManagementPolicy, made: OffsetDateTime, answers: &Answers, route: Route) -> Vec<Draft> {
    let mut found = Vec::new();
    if !rules.secrets_allowed(made) {
        found.push(stop("CP-120", "A rule of the cluster tenant forbids new secrets", &[]));
    }
    let Some(most) = rules.max_secret_days(made) else { return found };
    let (most_text, asked) = (format!("{most} days"), answers.app.secret_days.filter(|_| route == Route::NewApp));
    let values = [("days", most_text.as_str())];
    match asked {
        _ if most == 0 => {
            found.push(stop("CP-121", "A secret may not even live for a day here", &[]));
        }
        Some(days) if u32::from(days) > most => {
            let what = format!("A secret may live {most} days here; {days} are asked for");
            found.push(stop("CP-121", what, &values));
        }
        None if most < u32::from(YEAR) && route == Route::NewApp => {
            found.push(note("CP-121", format!("A secret may live {most} days here, so the key will"), &values));
        }
        _ => {}
    }
    found
}

/// Whether this account may register an app.
async fn register(look: &Look<'_>) -> Option<Draft> {
    if look.route().await.0 != Route::NewApp {
        return None;
    }
    let (graph, patience) = (&look.steps.cluster.graph, &look.steps.patience);
    let (standing, users) = tokio::join!(look.standing(), patience.read(|| graph.authorization_policy()));
    may_register(standing, &users)
}

fn may_register(standing: &Standing, users: &Result<AuthorizationPolicy, Error>) -> Option<Draft> {
    let allowed = users.as_ref().ok().and_then(|policy| policy.allowed_to_create_apps);
    let by_role = standing.may(Deed::RegisterApps);
    if by_role == Some(true) {
        return None;
    }
    // What users may do is nothing to a program, and little to a guest.
    if standing.program() {
        let what = "This program has neither a role nor a permission to register apps";
        return (by_role == Some(false)).then(|| stop("CP-123", what, &[]));
    }
    if standing.guest() {
        return Some(warning("CP-123", "This account is a guest of the cluster tenant, and guests rarely may", &[]));
    }
    if allowed != Some(false) {
        return None;
    }
    let what = "Users of the cluster tenant may not register apps";
    Some(if by_role.is_some() { stop("CP-123", what, &[]) } else { warning("CP-123", what, &[]) })
}

/// What the registry tenant says of principals: nothing that is in the way, but its admins may ask.
async fn abroad(look: &Look<'_>) -> Option<Draft> {
    let tenant = look.steps.registry.as_ref()?;
    let rules = look.steps.patience.read(|| tenant.graph.default_app_management_policy()).await;
    let rules = match rules {
        Ok(rules) => rules,
        Err(error) => {
            let what = format!("The registry tenant's rules for principals could not be read: {}", why(&error));
            return Some(note("CP-150", what, &[]));
        }
    };
    let forbids = !rules.principal_secrets_allowed(wait::now());
    forbids.then(|| note("CP-125", "A rule of the registry tenant forbids secrets on service principals", &[]))
}

/// How long the cluster's key will live: as long as was asked for, else a year, but no longer than a rule allows.
pub(crate) fn secret_days(rules: &Result<AppManagementPolicy, Error>, answers: &Answers) -> u16 {
    answers.app.secret_days.unwrap_or_else(|| {
        let most = rules.as_ref().ok().and_then(|rules| rules.max_secret_days(wait::now()));
        most.and_then(|most| u16::try_from(most).ok()).map_or(YEAR, |most| most.clamp(1, YEAR))
    })
}
