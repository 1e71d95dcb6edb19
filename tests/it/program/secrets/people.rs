//! People who sign in: the link and the code are theirs to see, and nothing else.

use serde_json::Value;
use tokio::process::Command;

use super::{
    super::harness::{Output, Running},
    Told,
};
use crate::{person::Person, world::World};

/// Runs a program that tells in JSON whom it asks to sign in, and answers for them. Whoever refuses has no phone.
pub(super) async fn answered(world: &World, command: Command, approves: bool) -> Output {
    let mut running = Running::of(command);
    let mut ended = false;
    while let Some(line) = running.next().await {
        let Ok(said) = serde_json::from_str::<Value>(&line) else { continue };
        if said["event"] == "record" && !ended {
            // The work has begun. An admin ends all sessions, so that everybody has to come again.
            ended = true;
            let mut inside = world.sim.world().lock();
            let now = inside.now();
            let users = inside.tenants.iter_mut().flat_map(|tenant| tenant.users.iter_mut());
            users.for_each(|user| user.sessions_valid_from = Some(now));
        }
        if said["event"] != "sign-in" {
            continue;
        }
        let tenants = &world.sim.ready().tenants;
        let domain = &tenants.iter().find(|one| said["tenant"] == one.id.to_string()).expect("a tenant").domain;
        let user = if domain == "contoso.example" { "ana@contoso.example" } else { "ben@fabrikam.example" };
        let mut person = Person::new(world, user);
        person.approves = approves;
        let page = said["how"]["page"].as_str().expect("a page").parse().unwrap();
        match said["how"]["code"].as_str() {
            Some(code) => person.type_code(&page, code).await,
            None => person.open(&page).await,
        };
    }
    running.end().await
}

/// A setup that these sides sign in to in this way.
pub(super) fn by(world: &World, way: &str, sides: &[&str]) -> String {
    let file = world.setup_file("shop-prod", "fabrikamimages", |file| {
        for side in sides {
            file.remove(&format!("{side}.client_id")).remove(&format!("{side}.client_secret_env"));
            file.set(&format!("{side}.sign_in"), way);
        }
    });
    file.to_str().unwrap().to_owned()
}

/// A second factor is asked for, and wanted anew at the first change.
fn strict(world: &World) {
    let mut inside = world.sim.world().lock();
    inside.tenants.iter_mut().for_each(|tenant| tenant.policy.sign_in.mfa_for_writes = true);
}

const BOTH: &[&str] = &["cluster", "registry"];

const OF_PEOPLE: &[&str] = &["access_token", "refresh_token", "id_token", "password", "cookie", "state"];

pub(crate) async fn none_is_written_where_people_are_asked_for_more() {
    let mut told = Told::new().await;
    strict(&told.world);
    let args = ["apply", &by(&told.world, "device-code", BOTH), "--yes", "--json"];
    let out = answered(&told.world, told.command(&args), true).await.exits(0);
    assert!(out.stdout.matches("\"event\":\"sign-in\"").count() > 2, "{}", out.stdout);
    told.keep(&args, out);
    let kinds = ["device_code", "user_code"];
    told.nothing_leaks(|_| {}, &[&OF_PEOPLE[..5], &kinds].concat());
}

pub(crate) async fn none_is_written_where_people_type_a_code() {
    let mut told = Told::new().await;
    let args = ["apply", &by(&told.world, "device-code", BOTH), "--yes", "--json"];
    let out = answered(&told.world, told.command(&args), true).await.exits(0);
    told.keep(&args, out);
    let kinds = ["device_code", "user_code"];
    told.nothing_leaks(|_| {}, &[&OF_PEOPLE[..5], &kinds].concat());
}
