//! What is left in the memory of a process that has done its work: a key once, as long as it can be given to a person.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read as _, Seek as _, SeekFrom},
    sync::Arc,
};

use crate::{
    leaks::Secrets,
    terminal::{
        pty::{ENTER, ESC},
        resume::waiting,
        whole::{accept, agree},
    },
    world::World,
};

/// All that a process may write to, by its parts; `None` where this user may not look.
fn memory(id: u32) -> Option<Vec<(String, String)>> {
    let maps = fs::read_to_string(format!("/proc/{id}/maps")).ok()?;
    let mut memory = fs::File::open(format!("/proc/{id}/mem")).ok()?;
    let mut parts = Vec::new();
    for line in maps.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [range, rights, ..] = words.as_slice() else { continue };
        if !rights.starts_with("rw") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        if memory.seek(SeekFrom::Start(from)).is_ok() && memory.read_exact(&mut bytes).is_ok() {
            let part = words.get(5).copied().unwrap_or("a thread's memory").to_owned();
            parts.push((part, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    Some(parts)
}

/// How often each kind of secret stands in which part.
fn found(secrets: &Secrets, parts: &[(String, String)]) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for (kind, form) in secrets.forms() {
        for (part, text) in parts {
            let count = text.matches(&form).count();
            if count > 0 {
                *found.entry(format!("{kind} in {part}")).or_default() += count;
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_key_that_was_delivered_only_the_copy_to_be_given_out_is_in_memory() {
    let world = Arc::new(waiting(|_, _| {}).await);
    accept(&world);
    let mut wizard = world.wizard(["resume", "new-shop"]).start();
    agree(&mut wizard);
    wizard.shows("PROVEN: shop-prod can pull");
    let Some(parts) = memory(wizard.id()) else {
        println!("skipped: only root may read the memory of this program");
        return;
    };
    let (mut key, mut own) = (Secrets::default(), Secrets::default());
    for text in keys(&world) {
        key.add("key", &text);
    }
    own.add("ana's secret", &world.operator("ana").client_secret);
    // What the program was started with stays where the system has put it: in its environment.
    let there = found(&own, &parts);
    assert!(there.get("ana's secret in [stack]").is_some_and(|times| *times > 0), "the search finds: {there:?}");
    println!("leaks: memory: {there:?}");
    let copies = found(&key, &parts);
    println!("leaks: memory: {copies:?}");
    assert_eq!(copies.into_values().sum::<usize>(), 1, "the one that can be given to a person");
    wizard.keys("v");
    wizard.shows("Show the secret?");
    wizard.keys(ENTER);
    wizard.shows("close and wipe");
    wizard.keys(ESC);
    wizard.hides("close and wipe");
    let copies = found(&key, &memory(wizard.id()).unwrap());
    assert_eq!(copies.into_values().sum::<usize>(), 1, "what was shown is wiped");
    wizard.keys("q");
    wizard.keys(ENTER);
    wizard.end().exits(0).gave_back();
}

/// The texts of the keys that crosspull made.
fn keys(world: &World) -> Vec<String> {
    let inside = world.sim.world().lock();
    let keys = inside.tenants.iter().flat_map(|tenant| tenant.applications.values()).flat_map(|app| &app.passwords);
    let ours = keys.filter(|key| key.display_name.as_deref().is_some_and(|label| label.starts_with("crosspull")));
    let texts: Vec<String> = ours.map(|key| key.text.clone()).collect();
    assert!(!texts.is_empty());
    texts
}
