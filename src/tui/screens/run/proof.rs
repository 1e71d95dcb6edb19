//! The end: what was pulled, what exists now, when the secret ends, and what was not proven.

use super::Model;
use crate::{
    domain::{StepId, Tenant},
    engine::record::Outcome,
    report::{Report, Where},
    tui::{
        model::Model as Wizard,
        time::day,
        widgets::doc::{Doc, Tone},
    },
    words::{left_to_others, nodes, taken_back},
};

const LABEL: usize = 14;

/// The app's client id.
pub(super) fn client_id(model: &Model) -> Option<String> {
    model.progress.facts().app().map(|app| app.app_id.to_string())
}

/// What the screen says.
pub(super) fn doc(model: &Model, wizard: &Wizard) -> Doc {
    let mut doc = Doc::default();
    if model.progress.closed() == Some(Outcome::TakenBack) {
        doc.toned(Tone::Good, &format!("TAKEN BACK: {}.", taken_back(&model.progress)));
        if let Some(left) = left_to_others(&model.progress) {
            doc.text(&left);
        }
        return doc;
    }
    // What a report says of times and failures comes from the journal's entries; this screen shows neither.
    let report = Report::of(&model.progress, &[]);
    headline(&mut doc, model);
    pulled(&mut doc, model);
    doc.blank();
    made(&mut doc, model, &report);
    renewal(&mut doc, model, &report);
    if !report.not_proven.is_empty() {
        doc.blank();
        doc.toned(Tone::Warn, "Not proven:");
        for what in &report.not_proven {
            doc.field("-", 2, what);
        }
    }
    if let Some(path) = &model.report {
        doc.field("report", LABEL, path);
    } else {
        let does = if wizard.demo.is_some() { "shows" } else { "saves" };
        doc.dim(&format!("s {does} a report: what was made, how to renew. It holds no secret."));
    }
    if wizard.demo.is_some() {
        doc.toned(Tone::Accent, "Demo: the story ends here. Esc goes back to the others.");
    }
    doc
}

/// The objects, each with the tenant that has it.
fn made(doc: &mut Doc, model: &Model, report: &Report) {
    if let Some(app) = model.progress.facts().app() {
        doc.field("app", LABEL, &app.display_name);
        doc.field("client id", LABEL, &app.app_id.to_string());
    }
    for object in &report.objects {
        let tenant = match object.tenant {
            Where::Cluster => &report.cluster_tenant,
            Where::Registry => &report.registry_tenant,
        };
        let tenant = tenant.as_ref().map(Tenant::label).unwrap_or_default();
        let label = if object.kind == "app registration" { "registration" } else { "the app" };
        let id = object.object_id.map(|id| id.to_string()).unwrap_or_default();
        let was = if object.was_there { ", was there before" } else { "" };
        doc.field(label, LABEL, &format!("{id} in {tenant}{was}"));
    }
    if let Some(role) = model.progress.facts().registry_role() {
        doc.field("right", LABEL, &format!("{} on the registry", role.role_name));
    }
}

fn headline(doc: &mut Doc, model: &Model) {
    let (cluster, server) = match model.progress.plan() {
        Some(plan) => (plan.cluster.id.name().to_owned(), plan.registry.login_server.to_string()),
        None => return,
    };
    if model.progress.facts().pull_was_seen() {
        doc.toned(Tone::Good, &format!("PROVEN: {cluster} can pull from {server}."));
    } else {
        doc.toned(Tone::Warn, &format!("NOT PROVEN: {cluster} is set up to pull from {server}; no pull was seen."));
        doc.text("Once the registry's firewall lets the cluster's addresses in, its nodes pull by themselves.");
    }
}

fn pulled(doc: &mut Doc, model: &Model) {
    let Some(proof) = model.progress.facts().proof() else { return };
    doc.field("image", LABEL, &proof.pulled.image);
    match &proof.pulled.digest {
        Some(digest) => doc.verbatim(&digest.to_string()),
        None => doc.field("", LABEL, "not pulled from here: the registry's firewall lets nobody in"),
    }
    for pool in &proof.pools {
        let (text, tone) = if pool.nodes_proven {
            ("pulled it inside the cluster", Tone::Good)
        } else {
            let access = proof.pulled.digest.is_some();
            (if access { "access proven, nodes not proven: see below" } else { "not proven: see below" }, Tone::Warn)
        };
        doc.field_toned("pool", LABEL, &format!("{} ({}): {text}", pool.pool, nodes(pool.nodes)), tone);
    }
}

fn renewal(doc: &mut Doc, model: &Model, report: &Report) {
    if let Some(renewal) = &report.renewal {
        let held = if model.secret_at_hand().is_some() { "********  " } else { "" };
        let text = format!("{held}ends on {}; renew it by {}", day(renewal.ends), day(renewal.by));
        doc.field_toned("secret", LABEL, &text, Tone::Strong);
    } else if model.progress.facts().adopted().is_some() {
        doc.field("secret", LABEL, "the cluster's own, which crosspull neither made nor knows");
    } else if let Some(key) = model.progress.facts().key_of(StepId::Secret) {
        doc.field("secret", LABEL, &format!("ends on {}", day(key.ends)));
    }
}
