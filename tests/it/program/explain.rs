//! `explain`: what a code or a pasted error means, without a word to any service.

use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;

use super::harness::{Output, Running, one_line};
use crate::world::World;

async fn explain(world: &World, args: &[&str]) -> Output {
    Running::of(world.bare_command(["explain"].iter().chain(args).copied())).end().await
}

async fn piped(world: &World, text: &[u8]) -> Output {
    let mut command = world.bare_command(["explain"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(text).await.unwrap();
    drop(input);
    let out = child.wait_with_output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Output { code: out.status.code().unwrap(), stdout: text(out.stdout), stderr: text(out.stderr), core_dumped: false }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_and_a_pasted_text_are_explained_and_nothing_is_asked() {
    let world = World::new("default").await;
    explain(&world, &["cp-405"]).await.exits(0).says("CP-405  No right to give roles on the registry");
    explain(&world, &["AADSTS50020"]).await.exits(0).says("CP-201  ").says("Seen     AADSTS50020");
    explain(&world, &["failed", "to", "fetch", "oauth", "token:", "401"]).await.exits(0).says("CP-802  ");
    let text = "ERROR: (ScopeLocked) The scope cannot perform write operation.\n\nCode: ScopeLocked\n";
    piped(&world, text.as_bytes()).await.exits(0).says("CP-414  A lock forbids changes");
    piped(&world, b"\xff\xfe AADSTS90002 \x00").await.exits(0).says("CP-143  ");
    assert!(world.sim.requests().is_empty(), "nothing is sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_has_an_exit_code_of_its_own() {
    let world = World::new("default").await;
    let unknown = explain(&world, &["the", "cat", "is", "ill"]).await.exits(2);
    assert!(
        unknown.stdout.is_empty() && one_line(&unknown.stderr).starts_with("Nothing in this is known to crosspull.")
    );
    let named = explain(&world, &["AADSTS900999"]).await.exits(2);
    assert!(named.stderr.contains("https://login.microsoftonline.com/error?code=900999"), "{}", named.stderr);
    let nothing = piped(&world, b" \n").await.exits(2);
    assert!(one_line(&nothing.stderr).contains("no code and no text was given"), "{}", nothing.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_get_an_object_for_each_entry_and_all_codes_can_be_listed() {
    let world = World::new("default").await;
    let out =
        explain(&world, &["--json", "AuthorizationFailed on roleAssignments/write, ScopeLocked, AADSTS900999"]).await;
    let told: Vec<(String, bool)> = out
        .exits(0)
        .objects()
        .iter()
        .map(|line| (line["code"].as_str().unwrap().to_owned(), line["sure"] == true))
        .collect();
    let expected = [("CP-405", true), ("CP-414", true), ("CP-307", false), ("AADSTS900999", false)];
    assert_eq!(told, expected.map(|(code, sure)| (code.to_owned(), sure)));
    let out = explain(&world, &["--json", "hunter2"]).await.exits(2);
    assert_eq!(out.objects()[0]["event"], "unknown");
    assert!(!out.stdout.contains("hunter2") && out.stderr.is_empty());
    explain(&world, &["--list"]).await.exits(0).says("Signing in\n  CP-201  The account is not known in this tenant\n");
}
