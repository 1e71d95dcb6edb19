//! The app that the cluster has now: what it serves, whether its secret still counts, and the way back to it.

use super::{Draft, note, stop, warning, why};
use crate::{
    azure::graph::Application,
    domain::answers::Route,
    engine::wait,
    steps::{
        look::{Look, WayBack},
        plan,
    },
};

pub(super) async fn findings(look: &Look<'_>) -> Vec<Draft> {
    let Ok(cluster) = look.cluster().await else { return Vec::new() };
    if cluster.client.app().is_none() {
        return Vec::new();
    }
    let name = cluster.name.as_str();
    let values = [("cluster", name)];
    let mut found = Vec::new();
    let app = look.app_there().await;
    if look.route().await.0 == Route::KeepApp {
        found.extend(may_edit(look, name).await);
    } else {
        if let Some(Err(error)) = look.app().await {
            let what = format!("Whether {name}'s present app serves other tenants could not be read: {}", why(error));
            found.push(warning("CP-152", what, &values));
        }
        if plan::serves_others(app) {
            found.push(stop("CP-114", format!("The present app of {name} serves other tenants already"), &values));
        }
        let (way_back, gone) = tokio::join!(look.way_back(), gone(look));
        match way_back {
            _ if gone => {
                found.push(warning("CP-128", format!("The present app of {name} is in the recycle bin"), &values));
            }
            WayBack::Known => {}
            WayBack::Closed(why) => {
                let what = format!("This account cannot put a new secret on {name}'s present app: {why}");
                found.push(warning("CP-113", what, &values));
            }
            WayBack::Unsure(why) => {
                let what =
                    format!("Whether this account can put a new secret on {name}'s present app is not known: {why}");
                found.push(warning("CP-113", what, &values));
            }
        }
    }
    found.extend(bin_unread(look).await);
    found.extend(
        app.filter(|app| ended(app))
            .map(|app| warning("CP-126", format!("Every secret of \"{}\" has ended", app.display_name), &values)),
    );
    found
}

/// A cluster that keeps its app has it edited: it is opened to the other tenant, and gets a secret for the probe.
async fn may_edit(look: &Look<'_>, name: &str) -> Option<Draft> {
    let values = [("cluster", name)];
    let (may, gone) = tokio::join!(look.way_back(), gone(look));
    match may {
        _ if gone => Some(stop("CP-129", format!("The present app of {name} is in the recycle bin"), &values)),
        WayBack::Known => None,
        WayBack::Closed(why) => {
            Some(stop("CP-129", format!("This account cannot edit {name}'s present app: {why}"), &values))
        }
        WayBack::Unsure(why) => {
            let what = format!("Whether this account can edit {name}'s present app is not known: {why}");
            Some(warning("CP-129", what, &values))
        }
    }
}

/// A registration that is not there, and a bin that nobody could look into.
async fn bin_unread(look: &Look<'_>) -> Option<Draft> {
    if !matches!(look.app().await, Some(Ok(None))) {
        return None;
    }
    let error = look.app_in_recycle_bin().await.as_ref().err()?;
    let what = format!("Whether the cluster's present app was deleted could not be read: {}", why(error));
    Some(note("CP-150", what, &[]))
}

/// Whether the app was deleted, which a registration that is not there may also mean.
async fn gone(look: &Look<'_>) -> bool {
    matches!(look.app().await, Some(Ok(None))) && look.app_in_recycle_bin().await.as_ref().is_ok_and(|deleted| *deleted)
}

/// Whether there were secrets, and each has ended. A key without an end is taken for good.
fn ended(app: &Application) -> bool {
    let now = wait::now();
    let keys = &app.password_credentials;
    !keys.is_empty() && keys.iter().all(|key| key.end.is_some_and(|end| end < now))
}
