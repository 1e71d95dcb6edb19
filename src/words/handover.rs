//! The message for the other company's admin.

use super::layout::{field, paragraph, push_line};
use crate::{domain::Plan, steps::handover::HandOver};

/// All that the admin of the registry's tenant needs, to be copied whole. It holds no secret. `known` says that the app
/// is known there already, and only the right to pull is missing.
pub fn handover_text(plan: &Plan, handover: &HandOver, known: bool) -> String {
    let mut out = String::new();
    let (ours, theirs) = (plan.cluster_tenant.label(), plan.registry_tenant.label());
    field(&mut out, "To", 5, &format!("an admin of {theirs} (tenant {})", plan.registry_tenant.id));
    push_line(&mut out, "");
    paragraph(
        &mut out,
        "",
        &format!(
            "{ours} would like its cluster {} to pull images from {}. That takes two things in your tenant{}. They let \
             one app read images and do nothing else; you can take both back at any time.",
            plan.cluster.id.name(),
            plan.registry.login_server,
            if known { ", and the first is done" } else { "" }
        ),
    );
    push_line(&mut out, "");
    field(&mut out, "app", 5, &format!("{} ({})", plan.app_name, handover.app));
    field(&mut out, "from", 5, &format!("{ours} (tenant {})", plan.cluster_tenant.id));
    push_line(&mut out, "");
    if known {
        push_line(&mut out, "1. Let the app be known in your tenant: DONE");
    } else {
        push_line(&mut out, "1. Let the app be known in your tenant");
        push_line(&mut out, "");
    }
    match &handover.link {
        _ if known => {}
        Some(link) => {
            paragraph(
                &mut out,
                "   ",
                "A Cloud Application Administrator of yours opens this link, ticks \"Consent on behalf of your \
                 organization\" and accepts. The page asks for the right to sign in and read the profile, and for \
                 nothing more. It ends on microsoft.com, which says nothing: that is how it looks when it has worked.",
            );
            push_line(&mut out, "");
            push_line(&mut out, link);
        }
        None => paragraph(&mut out, "   ", "The commands below do it. A link will follow once the app is there."),
    }
    push_line(&mut out, "");
    push_line(&mut out, "2. Let it pull");
    push_line(&mut out, "");
    paragraph(
        &mut out,
        "   ",
        "An Owner of the registry, or somebody with Role Based Access Control Administrator on it, gives the app:",
    );
    push_line(&mut out, "");
    field(&mut out, "   role", 10, &handover.role);
    field(&mut out, "   scope", 10, &handover.scope);
    push_line(&mut out, "");
    paragraph(&mut out, "   In the portal: ", &handover.portal);
    push_line(&mut out, "");
    paragraph(
        &mut out,
        "",
        "Or with the Azure CLI, in bash or Cloud Shell. The commands find the right role by themselves, and can be run \
         twice:",
    );
    push_line(&mut out, "");
    for command in &handover.commands {
        push_line(&mut out, command);
    }
    push_line(&mut out, "");
    paragraph(
        &mut out,
        "",
        &format!(
            "To take it back: remove the role assignment from the registry, and delete {} under Enterprise \
             applications.",
            plan.app_name
        ),
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{sample, steps::handover};

    #[test]
    fn the_message_stands_on_its_own() {
        let plan = sample::handed_over_plan();
        let link = "https://login.microsoftonline.com/77777777-7777-4777-8777-777777777777/oauth2/authorize?client_id=55555555-5555-4555-8555-555555555555&response_type=code&redirect_uri=https%3A%2F%2Fwww.microsoft.com";
        let text = handover_text(&plan, &handover::commands(&plan, sample::app(), &[]).with_link(link), false);
        assert!(text.lines().any(|line| line == link), "whole, from column 0");
        let (before, after) = text.split_once("az login").unwrap();
        insta::assert_snapshot!(before, @r#"
        To   an admin of Fabrikam (tenant 77777777-7777-4777-8777-777777777777)

        Contoso would like its cluster shop-prod to pull images from
        fabrikamimages.azurecr.io. That takes two things in your tenant. They let one
        app read images and do nothing else; you can take both back at any time.

        app  crosspull new-shop (55555555-5555-4555-8555-555555555555)
        from Contoso (tenant 66666666-6666-4666-8666-666666666666)

        1. Let the app be known in your tenant

           A Cloud Application Administrator of yours opens this link, ticks "Consent
           on behalf of your organization" and accepts. The page asks for the right to
           sign in and read the profile, and for nothing more. It ends on
           microsoft.com, which says nothing: that is how it looks when it has worked.

        https://login.microsoftonline.com/77777777-7777-4777-8777-777777777777/oauth2/authorize?client_id=55555555-5555-4555-8555-555555555555&response_type=code&redirect_uri=https%3A%2F%2Fwww.microsoft.com

        2. Let it pull

           An Owner of the registry, or somebody with Role Based Access Control
           Administrator on it, gives the app:

           role   AcrPull; or Container Registry Repository Reader where the registry's
                  role assignment mode is AbacRepositoryPermissions
           scope  fabrikamimages.azurecr.io

           In the portal: portal.azure.com > Container registries >
                          fabrikamimages.azurecr.io > Access control (IAM) > Add > Add
                          role assignment > the role above > Members: User, group, or
                          service principal > Select members: "crosspull new-shop" >
                          Review + assign

        Or with the Azure CLI, in bash or Cloud Shell. The commands find the right role
        by themselves, and can be run twice:
        "#);
        assert!(after.contains("esac\n\nTo take it back:"), "{after}");
    }

    #[test]
    fn without_a_link_the_commands_are_enough() {
        let plan = sample::handed_over_plan();
        let text = handover_text(&plan, &handover::commands(&plan, sample::app(), &[]), false);
        assert!(text.contains("A link will follow") && text.contains("az ad sp create"), "{text}");
    }

    #[test]
    fn what_is_done_is_not_asked_for_again() {
        let plan = sample::handed_over_plan();
        let link = "https://login.microsoftonline.com/x/oauth2/authorize";
        let text = handover_text(&plan, &handover::commands(&plan, sample::app(), &[]).with_link(link), true);
        assert!(text.contains("and the first\nis done.") && text.contains("your tenant: DONE"), "{text}");
        assert!(!text.contains(link) && text.contains("2. Let it pull"), "{text}");
    }
}
