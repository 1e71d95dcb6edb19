//! Taking an answer. A new answer drops the later ones that were given for another.

use super::{ask, flow::Question};
use crate::{
    domain::{
        Draft, ImageReference, LoginServer, Repository, ResourceId, SubscriptionId,
        answers::{CarryOver, SignIn, Tenant},
        draft::SideDraft,
        resource_id::ResourceKind,
    },
    error::ExitCode,
    tui::{
        effect::Effect,
        model::{Model as Wizard, Screen, Which},
        screens::ways::{self, Way},
        training::Suggested,
        trouble::{Trouble, error_words},
    },
};

/// What can be chosen from a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// A tenant.
    Tenant(Tenant),
    /// A way to sign in.
    SignIn(Way),
    /// The other company's admin.
    HandOver,
    /// A subscription with its name; `None` is all of them.
    Subscription(Option<SubscriptionId>, String),
    /// A cluster.
    Cluster(ResourceId),
    /// A registry.
    Registry(ResourceId, LoginServer),
    /// Where a registry answers that nobody here can see.
    LoginServer(LoginServer),
    /// A repository.
    Repository(Repository),
    /// A tag.
    Tag(String),
}

impl Choice {
    /// Whether this is the tenant that a text names.
    pub fn is_tenant_named(&self, text: &str) -> bool {
        let text = text.trim();
        matches!(self, Self::Tenant(tenant)
            if tenant.id.to_string().eq_ignore_ascii_case(text)
                || tenant.domain.as_deref().is_some_and(|domain| domain.eq_ignore_ascii_case(text)))
    }

    /// Whether this is the answer that was given before.
    pub(super) fn was_chosen(&self, question: Question, draft: &Draft) -> bool {
        let side = side(draft, question.side());
        match self {
            Self::Tenant(tenant) => side.tenant.as_ref().is_some_and(|chosen| chosen.id == tenant.id),
            Self::SignIn(way) => side.sign_in.as_ref().is_some_and(|sign_in| way.is(sign_in, side.account.as_deref())),
            Self::HandOver => draft.handed_over,
            Self::Subscription(id, _) => side.subscription.as_ref().is_some_and(|(chosen, _)| chosen == id),
            Self::Cluster(id) | Self::Registry(id, _) => side.resource.as_ref() == Some(id),
            Self::LoginServer(server) => draft.login_server.as_ref() == Some(server),
            Self::Repository(repository) => draft.repository.as_ref() == Some(repository),
            Self::Tag(tag) => draft.image.as_ref().is_some_and(|image| image.reference == *tag),
        }
    }

    /// Whether the demo suggests it.
    pub(super) fn is_suggested(&self, question: Question, world: &Suggested) -> bool {
        match self {
            Self::Tenant(tenant) => {
                let at = usize::from(question.side() == Which::Registry);
                world.tenants.get(at).is_some_and(|suggested| suggested.id == tenant.id)
            }
            Self::HandOver => world.handed_over,
            Self::Cluster(id) => world.cluster.as_deref() == Some(id.name()),
            Self::Registry(id, _) => world.registry.as_deref() == Some(id.name()),
            Self::Repository(repository) => world.image.as_ref().is_some_and(|image| image.repository == *repository),
            Self::Tag(tag) => world.image.as_ref().is_some_and(|image| image.reference == *tag),
            Self::LoginServer(_) => true,
            Self::SignIn(_) | Self::Subscription(..) => false,
        }
    }
}

fn side(draft: &Draft, which: Which) -> &SideDraft {
    which.of(draft)
}

pub(super) fn side_mut(draft: &mut Draft, which: Which) -> &mut SideDraft {
    match which {
        Which::Cluster => &mut draft.cluster,
        Which::Registry => &mut draft.registry,
    }
}

/// Takes what is marked or typed as the answer.
pub(super) fn take(wizard: &mut Wizard) -> Vec<Effect> {
    let Screen::Questions(model) = &mut wizard.screen else { return Vec::new() };
    let question = model.question;
    let typed = model.field.text().trim().to_owned();
    if let Some(row) = model.picker.selected() {
        if let Some(why) = &row.unusable {
            model.trouble = Some(Trouble::unusable(&row.label, why, row.why_code));
            return Vec::new();
        }
        let choice = row.value.clone();
        return choose(wizard, question, choice);
    }
    if typed.is_empty() {
        let none = question.none().filter(|_| model.picker.is_empty());
        model.trouble = Some(said(if model.busy.is_some() {
            STILL_READ.to_owned()
        } else {
            none.unwrap_or("There is nothing marked and nothing typed yet.").to_owned()
        }));
        return Vec::new();
    }
    type_in(wizard, question, typed)
}

/// What is said to whoever answers before there is a list. It is old once there is one.
pub(super) const STILL_READ: &str = "The list is still being read. Wait a moment, or type the answer.";

pub(super) fn said(said: String) -> Trouble {
    Trouble { said, problem: None, code: ExitCode::Usage }
}

pub(super) const OWN_TENANT: &str = "That is the cluster's own tenant. Within one tenant nothing of this is needed: \
                                     az aks update --attach-acr lets the cluster pull.";

/// What kind of resource a side is about.
pub(super) fn kind(which: Which) -> ResourceKind {
    match which {
        Which::Cluster => ResourceKind::Cluster,
        Which::Registry => ResourceKind::Registry,
    }
}

/// Whether the registry's side would get the cluster's tenant.
pub(super) fn is_own_tenant(wizard: &Wizard, which: Which, tenant: &Tenant) -> bool {
    which == Which::Registry && wizard.draft.cluster.tenant.as_ref().is_some_and(|own| own.id == tenant.id)
}

/// A choice from the list.
pub(super) fn choose(wizard: &mut Wizard, question: Question, choice: Choice) -> Vec<Effect> {
    let which = question.side();
    match choice {
        Choice::Tenant(tenant) if is_own_tenant(wizard, which, &tenant) => trouble(wizard, OWN_TENANT.to_owned()),
        Choice::Tenant(tenant) => {
            let typed = tenant.domain.clone().unwrap_or_else(|| tenant.id.to_string());
            tenant_is(wizard, which, typed, tenant, None);
            saved_and_next(wizard, question)
        }
        Choice::SignIn(Way::Account(account)) => sign_in(wizard, which, account.sign_in),
        Choice::SignIn(Way::With(kind)) => sign_in(wizard, which, kind),
        Choice::SignIn(Way::App) => ask::ask(wizard, Question::ClientId(which)),
        Choice::SignIn(Way::More) => {
            ask::offer_more_ways(wizard);
            Vec::new()
        }
        Choice::HandOver => {
            if !wizard.draft.handed_over {
                let registry = &mut wizard.draft.registry;
                (registry.sign_in, registry.account, registry.guest_of) = (None, None, None);
                (registry.subscription, registry.resource) = (None, None);
                wizard.draft.handed_over = true;
                // Nobody here can look into the registry: what is pulled is named anew.
                (wizard.draft.repository, wizard.draft.image) = (None, None);
            }
            name_from_outside(wizard, question)
        }
        Choice::Subscription(id, name) => {
            let side = side_mut(&mut wizard.draft, which);
            if side.subscription.as_ref().is_some_and(|(chosen, _)| *chosen != id) {
                side.resource = None;
            }
            side.subscription = Some((id, name));
            saved_and_next(wizard, question)
        }
        Choice::Cluster(id) => {
            resource_is(&mut wizard.draft, Which::Cluster, id);
            saved_and_next(wizard, question)
        }
        Choice::Registry(id, login_server) => {
            resource_is(&mut wizard.draft, Which::Registry, id);
            wizard.draft.login_server = Some(login_server);
            saved_and_next(wizard, question)
        }
        Choice::LoginServer(server) => {
            if wizard.draft.login_server.as_ref() != Some(&server) {
                (wizard.draft.repository, wizard.draft.image) = (None, None);
            }
            wizard.draft.login_server = Some(server);
            saved_and_next(wizard, question)
        }
        Choice::Repository(repository) if wizard.draft.leaves_out(&repository) => trouble(wizard, OUTSIDE.to_owned()),
        Choice::Repository(repository) => {
            repository_is(&mut wizard.draft, repository);
            saved_and_next(wizard, question)
        }
        Choice::Tag(tag) => {
            let image = wizard.draft.repository.as_ref().map(|repository| format!("{repository}:{tag}").parse());
            match image {
                Some(Ok(image)) => {
                    wizard.draft.image = Some(image);
                    saved_and_next(wizard, question)
                }
                _ => trouble(
                    wizard,
                    format!("\"{tag}\" is no tag: letters, digits, dots, dashes and underscores belong here."),
                ),
            }
        }
    }
}

/// An answer that was typed.
fn type_in(wizard: &mut Wizard, question: Question, typed: String) -> Vec<Effect> {
    match question {
        Question::Tenant(_) => {
            if let Some(words) = error_words(&typed, "names no tenant") {
                return trouble(wizard, words);
            }
            let ticket = wizard.next_ticket();
            wait(wizard, ticket, "asking which tenant that is");
            vec![Effect::Resolve(ticket, typed)]
        }
        Question::Account(_) | Question::Subscription(_) => {
            trouble(wizard, "Nothing in the list is called that. Shorten the text to see more.".to_owned())
        }
        Question::ClientId(which) => match ways::client_id(&typed) {
            Ok(client_id) => {
                let side = side_mut(&mut wizard.draft, which);
                let proof = side.sign_in.as_ref().and_then(ways::proof_of).map(|(_, proof)| proof);
                let kept = proof.and_then(|proof| ways::app(client_id, &proof).ok());
                (side.account, side.guest_of) = (None, None);
                side.sign_in = Some(kept.unwrap_or_else(|| SignIn::ServicePrincipal {
                    client_id,
                    client_secret_env: which.secret_variable(),
                }));
                let mut effects = saved(wizard);
                effects.extend(ask::ask(wizard, Question::Proof(which)));
                effects
            }
            Err(why) => trouble(wizard, why.to_owned()),
        },
        Question::Proof(which) => {
            let Some((client_id, _)) = side(&wizard.draft, which).sign_in.as_ref().and_then(ways::proof_of) else {
                return ask::ask(wizard, Question::ClientId(which));
            };
            match ways::app(client_id, &typed) {
                Ok(app) => sign_in(wizard, which, app),
                Err(why) => {
                    if let Screen::Questions(model) = &mut wizard.screen {
                        model.field.set("");
                    }
                    trouble(wizard, why.to_owned())
                }
            }
        }
        Question::Resource(Which::Cluster) => match typed.parse::<ResourceId>() {
            Ok(id) if id.is(ResourceKind::Cluster) => choose(wizard, question, Choice::Cluster(id)),
            _ => trouble(wizard, "No cluster in the list is called that. Shorten the text to see more.".to_owned()),
        },
        Question::Resource(Which::Registry) => {
            trouble(wizard, "No registry in the list is called that. Shorten the text to see more.".to_owned())
        }
        Question::LoginServer => {
            // A registry's name alone is none: where it answers cannot be told from it.
            let host = typed.trim_start_matches("https://").trim_end_matches('/');
            match host.parse::<LoginServer>() {
                Ok(server) if host.contains(['.', ':']) => choose(wizard, question, Choice::LoginServer(server)),
                _ => trouble(wizard, "That is no login server: it looks like fabrikamimages.azurecr.io.".to_owned()),
            }
        }
        Question::Repository => image(wizard, question, &typed),
        // Whoever copies a tag has the whole image as a rule.
        Question::Tag if typed.contains([':', '@']) => match without_host(wizard, &typed).parse::<ImageReference>() {
            Ok(image) => image_is(wizard, image),
            Err(_) => trouble(wizard, NO_IMAGE.to_owned()),
        },
        Question::Tag => choose(wizard, question, Choice::Tag(typed)),
    }
}

/// A repository, or a whole image with its tag.
fn image(wizard: &mut Wizard, question: Question, typed: &str) -> Vec<Effect> {
    let handed_over = wizard.draft.handed_over;
    let typed = without_host(wizard, typed).to_owned();
    let typed = typed.as_str();
    if let Screen::Questions(model) = &mut wizard.screen
        && !model.picker.is_empty()
        && model.picker.is_whole()
        && model.doubted.as_deref() != Some(typed)
        && !model.picker.any(|choice| matches!(choice, Choice::Repository(known) if typed.split([':', '@']).next() == Some(known.as_str())))
    {
        model.doubted = Some(typed.to_owned());
        return trouble(
            wizard,
            if handed_over {
                format!("Nobody here can see whether there is a {typed}. Enter takes it all the same.")
            } else {
                format!("The registry lists no {typed}. Enter takes it all the same.")
            },
        );
    }
    if let Ok(repository) = typed.parse::<Repository>() {
        if wizard.draft.leaves_out(&repository) {
            return trouble(wizard, OUTSIDE.to_owned());
        }
        repository_is(&mut wizard.draft, repository);
        return saved_and_next(wizard, question);
    }
    match typed.parse::<ImageReference>() {
        Ok(image) => image_is(wizard, image),
        Err(_) => trouble(wizard, NO_IMAGE.to_owned()),
    }
}

const OUTSIDE: &str = "The app is to pull from other repositories only, so this image could not prove it. Choose one of theirs, or \
                       change \"may pull\" on the plan first: e.";

const NO_IMAGE: &str = "That is no image: small letters, such as shop/web or shop/web:1.4.";

/// A whole image answers both questions.
fn image_is(wizard: &mut Wizard, image: ImageReference) -> Vec<Effect> {
    if wizard.draft.leaves_out(&image.repository) {
        return trouble(wizard, OUTSIDE.to_owned());
    }
    wizard.draft.repository = Some(image.repository.clone());
    wizard.draft.image = Some(image);
    saved_and_next(wizard, Question::Tag)
}

/// What was typed, without the registry's own address before it.
fn without_host<'a>(wizard: &Wizard, typed: &'a str) -> &'a str {
    let host = wizard.draft.login_server.as_ref().map(|server| format!("{server}/")).unwrap_or_default();
    typed.strip_prefix(host.as_str()).unwrap_or(typed)
}

fn repository_is(draft: &mut Draft, repository: Repository) {
    if draft.repository.as_ref() != Some(&repository) {
        draft.image = None;
    }
    draft.repository = Some(repository);
}

/// Takes a cluster or a registry. What was chosen for another one goes: it was chosen for that.
fn resource_is(draft: &mut Draft, which: Which, id: ResourceId) {
    let side = side_mut(draft, which);
    if side.resource.as_ref() == Some(&id) {
        return;
    }
    side.resource = Some(id);
    match which {
        Which::Cluster => {
            draft.carry_over = CarryOver::default();
            (draft.route, draft.secret_days) = (None, None);
        }
        Which::Registry => {
            (draft.login_server, draft.repository, draft.image) = (None, None, None);
            draft.repositories.clear();
        }
    }
}

/// Takes a tenant. Another one than before drops what was answered in the other.
pub(super) fn tenant_is(
    wizard: &mut Wizard,
    which: Which,
    typed: String,
    tenant: Tenant,
    resource: Option<ResourceId>,
) {
    let side = side_mut(&mut wizard.draft, which);
    if side.tenant.as_ref().map(|known| known.id) != Some(tenant.id) {
        *side = SideDraft::default();
        wizard.subscription_known.remove(&which);
        if which == Which::Registry {
            let draft = &mut wizard.draft;
            (draft.handed_over, draft.login_server, draft.repository, draft.image) = (false, None, None, None);
            draft.repositories.clear();
        }
    }
    let side = side_mut(&mut wizard.draft, which);
    side.typed = Some(typed);
    side.tenant = Some(tenant.or_as_known(side.tenant.take()));
    if let Some(id) = resource {
        let subscription = id.subscription();
        side.subscription = Some((Some(subscription), subscription.to_string()));
        resource_is(&mut wizard.draft, which, id);
        wizard.subscription_known.insert(which);
    }
}

fn sign_in(wizard: &mut Wizard, which: Which, sign_in: SignIn) -> Vec<Effect> {
    let Some(tenant) = side(&wizard.draft, which).tenant.clone() else { return Vec::new() };
    let side = side_mut(&mut wizard.draft, which);
    if side.sign_in.as_ref() != Some(&sign_in) {
        (side.account, side.guest_of) = (None, None);
    }
    side.sign_in = Some(sign_in.clone());
    let resource = side.resource.clone();
    let ticket = wizard.next_ticket();
    wait(wizard, ticket, "signing in");
    // Kept before anybody knows whether it works: what has to be mended outside is not typed twice.
    let mut effects = saved(wizard);
    effects.push(Effect::SignIn { ticket, tenant, sign_in, resource });
    effects
}

/// The other company's tenant is named by a directory that somebody is signed in to.
fn name_from_outside(wizard: &mut Wizard, question: Question) -> Vec<Effect> {
    let mut effects = saved_and_next(wizard, question);
    let (cluster, registry) = (&wizard.draft.cluster, &wizard.draft.registry);
    if let (Some(tenant), Some(asking), Some(sign_in)) = (&registry.tenant, &cluster.tenant, &cluster.sign_in)
        && tenant.display_name.is_none()
    {
        let asked_by = crate::session::At { tenant: asking.clone(), sign_in: sign_in.clone() };
        let tenant = tenant.clone();
        let ticket = wizard.next_ticket();
        effects.push(Effect::NameTenant { ticket, tenant, asked_by });
    }
    effects
}

fn wait(wizard: &mut Wizard, ticket: crate::session::Ticket, for_what: &'static str) {
    if let Screen::Questions(model) = &mut wizard.screen {
        (model.ticket, model.busy, model.trouble) = (ticket, Some(for_what), None);
    }
}

pub(super) fn trouble(wizard: &mut Wizard, words: String) -> Vec<Effect> {
    if let Screen::Questions(model) = &mut wizard.screen {
        model.trouble = Some(said(words));
    }
    Vec::new()
}

/// A setup is kept from its first resolved tenant on.
fn saved(wizard: &Wizard) -> Vec<Effect> {
    if wizard.draft.cluster.tenant.is_none() {
        return Vec::new();
    }
    vec![Effect::SaveDraft(Box::new(wizard.draft.clone()))]
}

pub(super) fn saved_and_next(wizard: &mut Wizard, question: Question) -> Vec<Effect> {
    let mut effects = saved(wizard);
    effects.extend(ask::next(wizard, question));
    effects
}
