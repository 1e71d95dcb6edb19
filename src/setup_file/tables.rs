//! The tables of a setup file, one function each.

use toml::de::{DeTable, DeValue};
use url::Url;

use super::{
    section::{Mistakes, Section},
    sign_in,
};
use crate::domain::{
    Answers, ImageReference, LoginServer, Repository, ResourceId,
    answers::{AppAnswers, CarryOver, ClusterAnswers, Options, Provision, RegistryAnswers, Route},
    resource_id::ResourceKind,
    rules,
};

const TOP: &[&str] = &["name", "cluster", "registry", "app", "options"];
const CLUSTER: &[&str] =
    &["tenant", "id", "sign_in", "client_id", "client_secret_env", "client_certificate", "federated_token_file"];
const REGISTRY: &[&str] = &[
    "tenant",
    "id",
    "sign_in",
    "client_id",
    "client_secret_env",
    "client_certificate",
    "federated_token_file",
    "image",
    "repositories",
    "provision",
    "login_server",
];
const APP: &[&str] = &["route", "display_name", "secret_days", "redirect_uri"];
const OPTIONS: &[&str] = &["carry_over", "confirm_node_replacement"];

/// Entra takes redirects of up to 256 characters.
const LONGEST_REDIRECT: usize = 256;

/// The whole file. `None` where something that is required is missing; the mistakes say what.
pub(super) fn answers(root: &DeTable<'_>, mistakes: &mut Mistakes<'_>) -> Option<Answers> {
    let root = Section::root(root);
    let elsewhere = |own: &str| -> Vec<(&str, &str)> {
        [("", TOP), ("cluster", CLUSTER), ("registry", REGISTRY), ("app", APP), ("options", OPTIONS)]
            .into_iter()
            .filter(|(table, _)| *table != own)
            .flat_map(|(table, keys)| keys.iter().map(move |key| (table, *key)))
            .collect()
    };
    root.refuse_unknown(TOP, &elsewhere(""), mistakes);
    let [cluster, registry, app, options] =
        [("cluster", CLUSTER), ("registry", REGISTRY), ("app", APP), ("options", OPTIONS)].map(|(name, known)| {
            let section = root.table(name, mistakes);
            section.refuse_unknown(known, &elsewhere(name), mistakes);
            section
        });
    let cluster = cluster_answers(cluster, mistakes);
    let registry = registry_answers(registry, mistakes);
    let app = app_answers(app, mistakes);
    let options = option_answers(options, mistakes);
    let given = root.text("name", mistakes);
    if given.is_some_and(|name| !rules::is_setup_name(name)) {
        let what = format!(
            "a name has 1 to {} letters, digits, spaces and signs, without spaces around it and without a \
             hyphen in front: it is typed on the command line",
            rules::LONGEST_NAME
        );
        root.mistake("name", what, mistakes);
    }
    let (cluster, registry) = (cluster?, registry?);
    let name = given.map_or_else(
        || rules::default_name(&cluster.id, registry.id.as_ref(), registry.login_server.as_ref()),
        str::to_owned,
    );
    Some(Answers { name, cluster, registry, app: app?, options })
}

fn cluster_answers(section: Section<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<ClusterAnswers> {
    let tenant = section.parsed("tenant", mistakes);
    let sign_in = sign_in::read(section, false, mistakes);
    if section.entry("id").is_none() {
        section.mistake("id", "the cluster's resource id is missing: az aks show --query id prints it", mistakes);
    }
    let id = resource_id(section, ResourceKind::Cluster, mistakes);
    Some(ClusterAnswers { tenant, id: id?, sign_in: sign_in.ok()?? })
}

fn registry_answers(section: Section<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<RegistryAnswers> {
    let tenant = section.parsed("tenant", mistakes);
    let sign_in = sign_in::read(section, true, mistakes);
    let id = resource_id(section, ResourceKind::Registry, mistakes);
    let provision =
        section.choice("provision", &[("consent", Provision::Consent), ("direct", Provision::Direct)], mistakes);
    let login_server = section.parsed::<LoginServer>("login_server", mistakes);
    let has = |key: &str| section.entry(key).is_some();
    if let Ok(None) = sign_in {
        if !has("login_server") {
            let what = "is missing. With sign_in = \"none\" the registry cannot be asked for it, and it is never \
                        guessed from a name: write the host that images are pulled from";
            section.mistake("login_server", what, mistakes);
        }
        if !has("tenant") && !has("id") {
            let what = "is missing. With sign_in = \"none\" give the tenant, or the registry's id";
            section.mistake("tenant", what, mistakes);
        }
        if provision == Some(Provision::Direct) {
            let what = "\"direct\" needs somebody who is signed in to the registry's tenant, and sign_in is \"none\": \
                        write \"consent\", or sign in";
            section.mistake("provision", what, mistakes);
        }
    } else if sign_in.is_ok() && !has("id") {
        let what = "the registry's resource id is missing: az acr show --query id prints it. Where nobody signs in to \
                    its tenant, write sign_in = \"none\"";
        section.mistake("id", what, mistakes);
    }
    let image = image(section, mistakes);
    let repositories = repositories(section, mistakes);
    if let Some(image) = &image
        && rules::leaves_out(&repositories, &image.repository)
    {
        let what = format!(
            "the test pulls {}, which is not among repositories: add it there, or test with an image that is",
            image.repository
        );
        section.mistake("image", what, mistakes);
    }
    Some(RegistryAnswers {
        tenant,
        id,
        sign_in: sign_in.ok()?,
        image: image?,
        repositories,
        provision: provision.unwrap_or_default(),
        login_server,
    })
}

fn image(section: Section<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<ImageReference> {
    if section.entry("image").is_none() {
        section.mistake("image", "is missing: an image of the registry to test with, such as shop/web:1.4", mistakes);
    }
    section.parsed("image", mistakes)
}

fn repositories(section: Section<'_, '_>, mistakes: &mut Mistakes<'_>) -> Vec<Repository> {
    let mut repositories: Vec<Repository> = Vec::new();
    for (at, text) in section.list("repositories", mistakes) {
        match text.parse() {
            Ok(repository) if repositories.contains(&repository) => {}
            Ok(repository) => repositories.push(repository),
            Err(error) => mistakes.add(Some(at), &section.path("repositories"), error.to_string()),
        }
    }
    repositories
}

fn resource_id(section: Section<'_, '_>, kind: ResourceKind, mistakes: &mut Mistakes<'_>) -> Option<ResourceId> {
    let Ok(id) = section.text("id", mistakes)?.parse::<ResourceId>() else {
        let what = format!(
            "a resource id belongs here: /subscriptions/.../resourceGroups/.../providers/{}/...",
            kind.resource_type()
        );
        section.mistake("id", what, mistakes);
        return None;
    };
    if id.is(kind) {
        return Some(id);
    }
    let what = format!("is the id of a {}; the id of a {} belongs here", id.resource_type(), kind.resource_type());
    section.mistake("id", what, mistakes);
    None
}

fn app_answers(section: Section<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<AppAnswers> {
    let route = section.choice("route", &[("new-app", Route::NewApp), ("keep-app", Route::KeepApp)], mistakes);
    let display_name = section.text("display_name", mistakes).filter(|name| {
        let right = rules::is_display_name(name);
        if !right {
            let what = format!("a name of 1 to {} characters belongs here, on one line", rules::LONGEST_DISPLAY_NAME);
            section.mistake("display_name", what, mistakes);
        }
        right
    });
    let secret_days = section.number("secret_days", rules::SECRET_DAYS, mistakes);
    let redirect_uri = match section.text("redirect_uri", mistakes) {
        None => Url::parse(rules::REDIRECT_URI).ok(),
        Some(text) => {
            let uri = Url::parse(text).ok().filter(|uri| is_redirect(uri, text));
            if uri.is_none() {
                let what = "an https:// address belongs here, or http://localhost; without user name and fragment, at \
                            most 256 characters";
                section.mistake("redirect_uri", what, mistakes);
            }
            uri
        }
    };
    Some(AppAnswers { route, display_name: display_name.map(str::to_owned), secret_days, redirect_uri: redirect_uri? })
}

fn is_redirect(uri: &Url, text: &str) -> bool {
    let plain = uri.username().is_empty() && uri.password().is_none() && uri.fragment().is_none();
    let place = uri.scheme() == "https" || (uri.scheme() == "http" && uri.host_str() == Some("localhost"));
    plain && place && uri.host_str().is_some() && text.len() <= LONGEST_REDIRECT
}

fn option_answers(section: Section<'_, '_>, mistakes: &mut Mistakes<'_>) -> Options {
    let carry_over = match section.entry("carry_over").map(|(_, value)| value.get_ref()) {
        None => CarryOver::All,
        Some(DeValue::Array(_)) => {
            let mut only = Vec::new();
            for (at, text) in section.list("carry_over", mistakes) {
                if text.starts_with('/') {
                    only.push(text.to_owned());
                } else {
                    let what = "a role assignment's id or a scope belongs here; both begin with /";
                    mistakes.add(Some(at), &section.path("carry_over"), what);
                }
            }
            if only.is_empty() { CarryOver::None } else { CarryOver::Only(only) }
        }
        Some(DeValue::String(_)) => match section.choice("carry_over", &[("all", true), ("none", false)], mistakes) {
            Some(false) => CarryOver::None,
            _ => CarryOver::All,
        },
        Some(_) => {
            section.mistake("carry_over", "\"all\", \"none\" or a list of role assignments belongs here", mistakes);
            CarryOver::All
        }
    };
    Options { carry_over, confirm_node_replacement: section.flag("confirm_node_replacement", mistakes) }
}
