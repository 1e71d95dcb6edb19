use super::*;
use crate::sample;

fn link() -> String {
    format!("https://login.microsoftonline.com/{}/oauth2/authorize?client_id={}", sample::uuid(7), sample::app())
}

#[test]
fn the_commands_find_out_what_cannot_be_seen_from_here() {
    let handover = commands(&sample::handed_over_plan(), sample::app(), &[]).with_link(link());
    insta::assert_snapshot!(handover.commands.join("\n"), @r#"
    az login --tenant 77777777-7777-4777-8777-777777777777
    az ad sp show --id 55555555-5555-4555-8555-555555555555 --output none 2>/dev/null || az ad sp create --id 55555555-5555-4555-8555-555555555555 --output none
    PRINCIPAL=$(az ad sp show --id 55555555-5555-4555-8555-555555555555 --query id --output tsv)
    REGISTRY=$(for S in $(az account list --query "[?tenantId=='77777777-7777-4777-8777-777777777777'].id" --output tsv); do
      az acr list --subscription "$S" --query "[?loginServer=='fabrikamimages.azurecr.io'].id" --output tsv
    done)
    MODE=$(az resource show --ids "$REGISTRY" --api-version 2025-11-01 --query properties.roleAssignmentMode --output tsv) || MODE=unreadable
    case "$REGISTRY:$MODE" in
      :*) echo 'The registry was not found. Nothing was given.' ;;
      *:AbacRepositoryPermissions)
        # Container Registry Repository Reader
        az role assignment create --role b93aa761-3e63-49ed-ac28-beffa264f7ac --scope "$REGISTRY" \
          --assignee-object-id "$PRINCIPAL" --assignee-principal-type ServicePrincipal ;;
      *:LegacyRegistryPermissions|*:|*:None)
        # AcrPull
        az role assignment create --role 7f951dda-4ed3-4680-a7ca-43fe172d538d --scope "$REGISTRY" \
          --assignee-object-id "$PRINCIPAL" --assignee-principal-type ServicePrincipal ;;
      *) echo "This mode is not known: $MODE. Nothing was given." ;;
    esac
    "#);
    insta::assert_snapshot!(handover.role, @"AcrPull; or Container Registry Repository Reader where the registry's role assignment mode is AbacRepositoryPermissions");
    assert_eq!(handover.scope, "fabrikamimages.azurecr.io");
}

#[test]
fn a_known_registry_is_named_by_its_id() {
    let handover = commands(&sample::plan(), sample::app(), &[]);
    assert!(handover.commands.iter().any(|command| command.starts_with("REGISTRY='/subscriptions/2222")));
    assert_eq!(handover.role, "AcrPull");
}

#[test]
fn rights_on_single_repositories_are_given_by_a_condition_or_not_at_all() {
    let repositories = ["shop/web".parse().unwrap(), "shop/api".parse().unwrap()];
    let handover = commands(&sample::handed_over_plan(), sample::app(), &repositories);
    insta::assert_snapshot!(handover.commands.last().unwrap(), @r#"
    case "$REGISTRY:$MODE" in
      :*) echo 'The registry was not found. Nothing was given.' ;;
      *:AbacRepositoryPermissions)
        # Container Registry Repository Reader
        az role assignment create --role b93aa761-3e63-49ed-ac28-beffa264f7ac --scope "$REGISTRY" \
          --assignee-object-id "$PRINCIPAL" --assignee-principal-type ServicePrincipal \
          --condition-version 2.0 --condition '((!(ActionMatches{'\''Microsoft.ContainerRegistry/registries/repositories/content/read'\''}) AND !(ActionMatches{'\''Microsoft.ContainerRegistry/registries/repositories/metadata/read'\''})) OR (@Request[Microsoft.ContainerRegistry/registries/repositories:name] StringEqualsIgnoreCase '\''shop/web'\'' OR @Request[Microsoft.ContainerRegistry/registries/repositories:name] StringEqualsIgnoreCase '\''shop/api'\''))' ;;
      *:LegacyRegistryPermissions|*:|*:None)
        echo 'This registry gives rights on all its repositories or on none. Nothing was given.' ;;
      *) echo "This mode is not known: $MODE. Nothing was given." ;;
    esac
    "#);
    insta::assert_snapshot!(handover.role, @"Container Registry Repository Reader, limited by a condition to shop/web, shop/api");
    insta::assert_snapshot!(handover.portal, @r#"portal.azure.com > Container registries > fabrikamimages.azurecr.io > Access control (IAM) > Add > Add role assignment > the role above > Members: User, group, or service principal > Select members: "crosspull new-shop" > Conditions (allow these repositories only, for reading content and metadata) > Review + assign"#);
}

/// The block as an admin pastes it, against an `az` that writes down how it is called.
#[cfg(unix)]
mod in_a_shell {
    use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

    use super::*;

    /// The calls that change something, for a registry in this mode.
    fn changes(mode: &str, repositories: &[Repository], found: bool) -> (String, String) {
        let folder = tempfile::tempdir().unwrap();
        let (az, calls) = (folder.path().join("az"), folder.path().join("calls"));
        let script = format!(
            "#!/bin/sh\ncase \"$1 $2 $3\" in\n\
             'ad sp show') [ -e {made} ] || exit 3; echo PRINCIPAL-ID ;;\n\
             'ad sp create') : > {made}; echo \"$@\" >> {calls} ;;\n\
             'account list '*) echo SUBSCRIPTION ;;\n\
             'acr list '*) {list} ;;\n\
             'resource show '*) echo {mode} ;;\n\
             'role assignment create') for word; do echo \"$word\"; done >> {calls} ;;\nesac\n",
            made = folder.path().join("made").display(),
            calls = calls.display(),
            list = if found { "echo /registry" } else { "true" },
        );
        fs::write(&az, script).unwrap();
        fs::set_permissions(&az, fs::Permissions::from_mode(0o755)).unwrap();
        let handover = commands(&sample::handed_over_plan(), sample::app(), repositories);
        let run = Command::new("bash")
            .args(["-c", &handover.commands.join("\n")])
            .env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()))
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&run.stderr), "");
        (fs::read_to_string(&calls).unwrap(), String::from_utf8(run.stdout).unwrap())
    }

    #[test]
    fn the_role_follows_the_mode() {
        for (mode, role) in [
            ("LegacyRegistryPermissions", ACR_PULL),
            ("", ACR_PULL),
            ("None", ACR_PULL),
            ("AbacRepositoryPermissions", REPOSITORY_READER),
        ] {
            let (calls, said) = changes(mode, &[], true);
            assert!(calls.contains(&format!("ad sp create --id {}", sample::app())), "{calls}");
            assert!(calls.contains(&role.id.to_string()) && calls.contains("PRINCIPAL-ID\n"), "{mode}: {calls}");
            assert!(calls.contains("--scope\n/registry\n") && calls.contains("ServicePrincipal\n"), "{calls}");
            assert_eq!(said, "");
        }
    }

    #[test]
    fn nothing_is_given_where_it_would_do_nothing_or_too_much() {
        let one = ["shop/web".parse().unwrap()];
        for (mode, repositories, found, why) in [
            ("; exit 1", &[][..], true, "not known: unreadable"),
            ("SomethingNew", &[][..], true, "not known: SomethingNew"),
            ("LegacyRegistryPermissions", &one[..], true, "all its repositories or on none"),
            ("LegacyRegistryPermissions", &[][..], false, "was not found"),
        ] {
            let (calls, said) = changes(mode, repositories, found);
            assert!(!calls.contains("assignment"), "{calls}");
            assert!(said.contains(why) && said.contains("Nothing was given."), "{said}");
        }
    }

    #[test]
    fn the_condition_arrives_whole() {
        let one = ["shop/web".parse().unwrap()];
        let (calls, _) = changes("AbacRepositoryPermissions", &one, true);
        assert!(calls.contains(&format!("--condition\n{}\n", repository_condition(&one))), "{calls}");
    }
}
