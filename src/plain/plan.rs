//! The plan in words, and the review before every node is replaced.

use crate::{
    catalogue,
    domain::{
        Finding, Plan, Severity, StepId,
        answers::{Route, Tenant},
        plan::RoleMode,
    },
    engine::event::NodesReview,
    words::{
        layout::{clean, count, field, paragraph, push_line},
        replaced, way_back,
    },
};

const LABEL: usize = 17;

/// The plan: what would happen where, what was found, and what it would cost.
pub fn plan_text(plan: &Plan) -> String {
    let mut out = String::from("NOTHING HAS BEEN CHANGED YET\n\n");
    head(&mut out, plan);
    steps(&mut out, plan);
    carry_over(&mut out, plan);
    findings(&mut out, &plan.findings);
    nodes(&mut out, plan);
    push_line(&mut out, "");
    field(&mut out, "Plan", LABEL, &plan.hash().to_string());
    out
}

fn head(out: &mut String, plan: &Plan) {
    let handed_over = plan.has(StepId::WatchKey);
    field(out, "cluster tenant", LABEL, &tenant(&plan.cluster_tenant));
    let registry_tenant = tenant(&plan.registry_tenant);
    field(out, "registry tenant", LABEL, &registry_tenant);
    if handed_over {
        field(out, "", LABEL, "nobody signed in: handed over to its own admin");
    }
    let pools: Vec<String> = plan.cluster.pools.iter().map(|pool| format!("{} ({})", pool.name, pool.count)).collect();
    let cluster = format!("{} in {}: {}", plan.cluster.id.name(), plan.cluster.location, pools.join(", "));
    field(out, "cluster", LABEL, &cluster);
    field(out, "", LABEL, plan.cluster.id.as_str());
    let mode = match plan.registry.mode {
        Some(RoleMode::Legacy) => "rights on the whole registry",
        Some(RoleMode::Abac) => "rights on repositories",
        None => "the kind of its rights is not known from here",
    };
    field(out, "registry", LABEL, &format!("{} ({mode})", plan.registry.login_server));
    if let Some(id) = &plan.registry.id {
        field(out, "", LABEL, id.as_str());
    }
    let route = match plan.route {
        Route::NewApp => "new-app: a new app becomes the cluster's identity",
        Route::KeepApp => "keep-app: the cluster keeps its app; no node is replaced",
    };
    field(out, "route", LABEL, &format!("{route} ({})", plan.route_reason));
    let secret = match plan.route {
        Route::NewApp => format!("{}; its secret lives {}", plan.app_name, count(plan.secret_days.into(), "day")),
        Route::KeepApp => plan.app_name.clone(),
    };
    field(out, "app", LABEL, &secret);
}

/// A tenant by every name it has.
pub(super) fn tenant(tenant: &Tenant) -> String {
    let names = [tenant.display_name.clone(), tenant.domain.clone(), Some(tenant.id.to_string())];
    names.into_iter().flatten().map(|name| clean(&name)).collect::<Vec<_>>().join(", ")
}

fn steps(out: &mut String, plan: &Plan) {
    const WORDS: usize = 49;
    push_line(out, "");
    push_line(out, &format!("{:>3}  {:<WORDS$}  {:<8}  now", "#", "what will happen", "tenant"));
    for (at, line) in plan.lines.iter().enumerate() {
        let mut words = String::new();
        // Broken for its own column, then set beside the others.
        for word in clean(&line.text).split_whitespace() {
            let row = words.rsplit('\n').next().unwrap_or_default();
            if !row.is_empty() {
                words.push(if row.chars().count() + 1 + word.chars().count() > WORDS { '\n' } else { ' ' });
            }
            words.push_str(word);
        }
        let mut rows = words.split('\n');
        let first = rows.next().unwrap_or_default();
        push_line(out, &format!("{:>3}  {first:<WORDS$}  {:<8}  {}", at + 1, line.side, line.action));
        for row in rows {
            push_line(out, &format!("     {row}"));
        }
        for change in &line.changes {
            paragraph(out, "     - ", change);
        }
    }
}

fn carry_over(out: &mut String, plan: &Plan) {
    if plan.carry_over.is_empty() {
        return;
    }
    push_line(out, "");
    push_line(out, "Roles of the present app, for the new one:");
    for line in &plan.carry_over {
        let what = if line.carry { "  carried over  " } else { "  LEFT OUT      " };
        let condition = if line.condition.is_some() { ", with its condition" } else { "" };
        paragraph(out, what, &format!("{}{condition} at {}", line.role_name, line.scope));
    }
}

/// What was found where there is nothing that could be planned.
pub fn findings_text(list: &[Finding]) -> String {
    let mut out = String::from("NOTHING HAS BEEN CHANGED\n");
    findings(&mut out, list);
    out
}

/// What stops a plan, in a line each.
pub fn stops_text(plan: &Plan) -> String {
    let mut out = String::from("NOTHING HAS BEEN CHANGED. It cannot be done like this:\n");
    for stop in plan.stops() {
        paragraph(&mut out, &format!("  STOP {}  ", stop.code), &stop.found);
    }
    out
}

fn findings(out: &mut String, findings: &[Finding]) {
    let number = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    push_line(out, "");
    push_line(
        out,
        &format!(
            "Found: {}, {}, {}",
            count(number(Severity::Stop), "stop"),
            count(number(Severity::Warning), "warning"),
            count(number(Severity::Note), "note")
        ),
    );
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| finding.severity);
    for finding in sorted {
        push_line(out, "");
        let title = catalogue::entry(&finding.code).map(|entry| entry.title.as_str()).unwrap_or_default();
        push_line(out, &format!("  {} {}  {title}", finding.severity.to_string().to_uppercase(), finding.code));
        for (label, text) in [("Found", &finding.found), ("Means", &finding.means), ("Do", &finding.advice)] {
            field(out, &format!("    {label}"), 11, text);
        }
    }
}

fn nodes(out: &mut String, plan: &Plan) {
    push_line(out, "");
    if !plan.has(StepId::ClusterUpdate) {
        push_line(out, "No node is replaced.");
        return;
    }
    paragraph(out, "", &replaced(&plan.cluster));
    paragraph(out, "", "You are asked about that on its own, when everything before it is proven.");
    paragraph(out, "", way_back(&plan.cluster));
}

/// What is about to be replaced, and what is different from the plan.
pub fn nodes_review_text(review: &NodesReview) -> String {
    let mut out = String::new();
    push_line(&mut out, "Everything before the cluster update is proven.");
    push_line(&mut out, "");
    paragraph(&mut out, "", &replaced(&review.cluster));
    for pool in &review.cluster.pools {
        let image = pool.node_image.as_deref().unwrap_or("node image not known");
        let state = if pool.running { "" } else { ", STOPPED: keeps its old credential" };
        paragraph(&mut out, "  ", &format!("{}: {}, {}{state}, {image}", pool.name, pool.count, pool.os_type));
    }
    paragraph(&mut out, "", way_back(&review.cluster));
    push_line(&mut out, "");
    if review.differences.is_empty() {
        push_line(&mut out, "The cluster is as the plan saw it.");
    } else {
        push_line(&mut out, "Different from the plan, or not known:");
        for difference in &review.differences {
            paragraph(&mut out, "  - ", difference);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_plan_says_what_it_would_do_and_what_it_costs() {
        insta::assert_snapshot!(plan_text(&sample::plan()), @r#"
        NOTHING HAS BEEN CHANGED YET

        cluster tenant   Contoso, contoso.example, 66666666-6666-4666-8666-666666666666
        registry tenant  Fabrikam, fabrikam.example,
                         77777777-7777-4777-8777-777777777777
        cluster          shop-prod in northeurope: system (3), web (6)
                         /subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/shop-prod
        registry         fabrikamimages.azurecr.io (rights on the whole registry)
                         /subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/images/providers/Microsoft.ContainerRegistry/registries/fabrikamimages
        route            new-app: a new app becomes the cluster's identity (the present
                         app serves this cluster alone)
        app              crosspull new-shop; its secret lives 365 days

          #  what will happen                                   tenant    now
          1  register app "crosspull new-shop"                  cluster   create
             - one redirect: https://www.microsoft.com
             - one permission: User.Read of Microsoft Graph
          2  its identity in Contoso                            cluster   create
          3  carry over 1 of 2 roles                            cluster   create
          4  consent                                            registry  ask
          5  AcrPull on fabrikamimages                          registry  create
          6  secret until 2027-11-23                            cluster   create
          7  test a pull of shop/web:1.4                        both      read only
          8  switch shop-prod to the app: REPLACES 9 NODES      cluster   asks you then
          9  prove it                                           both      read only
         10  remove unused keys                                 cluster   remove

        Roles of the present app, for the new one:
          carried over  Contributor at
                        /subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/MC_shop_shop-prod_northeurope
          LEFT OUT      Reader at
                        /subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/old

        Found: 0 stops, 1 warning, 0 notes

          WARNING CP-132  The registry is behind a firewall
            Found  fabrikamimages lets 2 addresses in, and not this machine's
            Means  fabrikamimages answers only some addresses. The cluster's own must
                   be among them, and this machine's if the pull is to be tested from
                   here. The steps before the test are not affected.
            Do     Have the cluster's outbound addresses allowed in the registry's
                   firewall. For the test, allow this machine's address as well, or run
                   crosspull from a place that is allowed.

        REPLACES 9 NODES of shop-prod, one after the other: system (3), web (6). Pods
        restart, and the node image moves to the newest.
        You are asked about that on its own, when everything before it is proven.
        Way back: a new secret for the old app, which you may make; all nodes again.

        Plan             78ccf5047f156c0d
        "#);
    }

    #[test]
    fn a_handed_over_tenant_is_named_as_such() {
        let text = plan_text(&sample::handed_over_plan());
        assert!(text.contains("nobody signed in: handed over"), "{text}");
        assert!(text.contains("(the kind of its rights"), "{text}");
    }

    #[test]
    fn a_plan_that_keeps_the_app_replaces_nothing() {
        let mut plan = sample::plan();
        plan.route = Route::KeepApp;
        plan.lines.retain(|line| line.step != StepId::ClusterUpdate);
        let text = plan_text(&plan);
        assert!(text.contains("No node is replaced.") && !text.contains("REPLACES 9 NODES of"), "{text}");
    }

    #[test]
    fn lines_fit_but_for_what_has_to_be_copied() {
        for line in plan_text(&sample::plan()).lines().filter(|line| !line.contains("/subscriptions/")) {
            assert!(line.chars().count() < 80, "{line}");
        }
    }

    #[test]
    fn the_review_names_every_difference() {
        let plan = sample::plan();
        let review = NodesReview {
            hash: plan.nodes_hash(),
            cluster: plan.cluster,
            differences: vec!["web has 6 nodes, and had 5".to_owned()],
            as_planned: false,
        };
        insta::assert_snapshot!(nodes_review_text(&review), @"
        Everything before the cluster update is proven.

        REPLACES 9 NODES of shop-prod, one after the other: system (3), web (6). Pods
        restart, and the node image moves to the newest.
          system: 3, Linux, AKSUbuntu-2204gen2containerd-202611.01.0
          web: 6, Linux, AKSUbuntu-2204gen2containerd-202611.01.0
        Way back: a new secret for the old app, which you may make; all nodes again.

        Different from the plan, or not known:
          - web has 6 nodes, and had 5
        ");
    }
}
