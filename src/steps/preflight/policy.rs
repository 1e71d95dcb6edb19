//! The cluster tenant's rules for apps and their secrets.

use super::{note, stop, warning};
use crate::{
    domain::{Answers, Finding, answers::Route},
    engine::wait,
    steps::look::Seen,
};

/// How long the cluster's key lives where nobody says otherwise, in days.
const YEAR: u16 = 365;

/// The directory roles with which one may register apps where users may not.
const MAY_REGISTER: [&str; 4] = [
    "62e90394-69f5-4237-9190-012177145e10",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "158c047a-c907-4556-b7ef-446551a6b5f7",
    "cf1c38e5-3621-4004-a7cb-879624dced7c",
];

pub(super) fn findings(seen: &Seen, answers: &Answers, route: Route) -> Vec<Finding> {
    let mut found = Vec::new();
    match &seen.policy {
        Err(error) => {
            found.push(note("CP-124", format!("The tenant's rules for apps could not be read: {error}"), &[]));
        }
        Ok(policy) => {
            if !policy.secrets_allowed(wait::now()) {
                found.push(stop("CP-120", "A rule of the cluster tenant forbids new secrets", &[]));
            }
            if policy.multitenant_allowed(wait::now()) == Some(false) {
                found.push(stop("CP-122", "A rule of the cluster tenant forbids apps that serve other tenants", &[]));
            }
            if let Some(most) = policy.max_secret_days(wait::now()) {
                let most_text = most.to_string();
                let values = [("days", most_text.as_str())];
                match answers.app.secret_days {
                    Some(days) if u32::from(days) > most => {
                        found.push(stop(
                            "CP-121",
                            format!("A secret may live {most} days here; {days} are asked for"),
                            &values,
                        ));
                    }
                    None if most < u32::from(YEAR) => {
                        found.push(note(
                            "CP-121",
                            format!("A secret may live {most} days here, so the key will"),
                            &values,
                        ));
                    }
                    _ => {}
                }
            }
        }
    }
    if route == Route::NewApp
        && let Ok(policy) = &seen.authorization
        && policy.allowed_to_create_apps == Some(false)
    {
        let what = "Users of the cluster tenant may not register apps";
        match &seen.directory_roles {
            Some(roles) if roles.iter().any(|role| MAY_REGISTER.contains(&role.as_str())) => {}
            Some(_) => found.push(stop("CP-123", what, &[])),
            None => found.push(warning("CP-123", what, &[])),
        }
    }
    found
}

/// How long the cluster's key will live: as long as was asked for, else a year, but no longer than a rule allows.
pub(crate) fn secret_days(seen: &Seen, answers: &Answers) -> u16 {
    answers.app.secret_days.unwrap_or_else(|| {
        let most = seen.policy.as_ref().ok().and_then(|policy| policy.max_secret_days(wait::now()));
        most.and_then(|most| u16::try_from(most).ok()).map_or(YEAR, |most| most.clamp(1, YEAR))
    })
}
