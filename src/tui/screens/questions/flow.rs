//! Which questions there are, and in which order: a function of what is answered.

use crate::{
    domain::Draft,
    tui::{model::Which, screens::ways},
};

/// One question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Which tenant, by whatever names it.
    Tenant(Which),
    /// Who signs in there.
    Account(Which),
    /// The client id of a service principal.
    ClientId(Which),
    /// What it proves itself with: a secret or a certificate.
    Proof(Which),
    /// Which subscription.
    Subscription(Which),
    /// Which cluster, or which registry.
    Resource(Which),
    /// Where a registry answers that nobody here can see.
    LoginServer,
    /// From which repository the proof pulls.
    Repository,
    /// Which of its tags.
    Tag,
}

impl Question {
    /// Which side it is about.
    pub fn side(self) -> Which {
        match self {
            Self::Tenant(which)
            | Self::Account(which)
            | Self::ClientId(which)
            | Self::Proof(which)
            | Self::Subscription(which)
            | Self::Resource(which) => which,
            Self::LoginServer | Self::Repository | Self::Tag => Which::Registry,
        }
    }

    /// Whether its answer is typed rather than chosen, so that another text is another answer.
    pub fn is_typed(self) -> bool {
        matches!(self, Self::Tenant(_) | Self::ClientId(_) | Self::Proof(_) | Self::LoginServer)
    }

    /// The label of its answer.
    pub fn label(self) -> &'static str {
        match self {
            Self::Tenant(_) => "tenant",
            Self::Account(_) => "signed in",
            Self::ClientId(_) => "client id",
            Self::Proof(_) => "its proof",
            Self::Subscription(_) => "subscription",
            Self::Resource(Which::Cluster) => "cluster",
            Self::Resource(Which::Registry) => "registry",
            Self::LoginServer => "login server",
            Self::Repository => "image",
            Self::Tag => "tag",
        }
    }

    /// What is said where Azure lists nothing to choose from.
    pub fn none(self) -> Option<&'static str> {
        match self {
            Self::Subscription(_) => Some("This account sees no subscription here. Esc goes back to another account."),
            Self::Resource(Which::Cluster) => {
                Some("No cluster is to be seen here. Esc goes back: another subscription, or another account.")
            }
            Self::Resource(Which::Registry) => Some(
                "No registry is to be seen here. Esc goes back: another subscription, another account, or hand it over.",
            ),
            Self::Repository => Some("The registry lists no images to this account. Type one, with its tag."),
            Self::Tag => Some("No tags are listed. Type one."),
            _ => None,
        }
    }

    /// The question itself.
    pub fn asks(self) -> &'static str {
        match self {
            Self::Tenant(Which::Cluster) => "Which company's cluster is it?",
            Self::Tenant(Which::Registry) => "Which company's registry does it pull from?",
            Self::Account(_) => "Who signs in there?",
            Self::ClientId(_) => "Which service principal?",
            Self::Proof(_) => "What does it prove itself with?",
            Self::Subscription(Which::Cluster) => "In which subscription is the cluster?",
            Self::Subscription(Which::Registry) => "In which subscription is the registry?",
            Self::Resource(Which::Cluster) => "Which cluster?",
            Self::Resource(Which::Registry) => "Which registry?",
            Self::LoginServer => "Where does the registry answer?",
            Self::Repository => "Which image shall be pulled as a test?",
            Self::Tag => "Which tag of it?",
        }
    }

    /// What can be given as an answer.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Tenant(Which::Cluster) => {
                "Choose it, or paste what you have: the cluster's resource id, its address in the portal, the tenant's id \
                 or one of its domains."
            }
            Self::Tenant(Which::Registry) => {
                "Choose it, or paste what you have: the registry's resource id, its address in the portal, the tenant's \
                 id or one of its domains."
            }
            Self::Account(Which::Cluster) => {
                "crosspull works there with this account's rights: to register apps, to give roles, to change the cluster."
            }
            Self::Account(Which::Registry) => {
                "It has to be allowed to give roles on the registry. If you have no such account, hand this part over to \
                 the other company's admin."
            }
            Self::ClientId(_) => "Its client id (application id), as its registration shows it.",
            Self::Proof(_) => ways::PROOF,
            Self::Subscription(_) => "Type a part of its name or id.",
            Self::Resource(Which::Cluster) => "Type a part of its name, its group or its region.",
            Self::Resource(Which::Registry) => "Type a part of its name or login server.",
            Self::LoginServer => {
                "The other company's admin knows it: the registry's login server, such as fabrikamimages.azurecr.io. It \
                 cannot be told from the registry's name."
            }
            Self::Repository => {
                "Nothing is changed by the test. A name with a tag can be typed too, such as shop/web:1.4."
            }
            Self::Tag => "Any tag that is there will do.",
        }
    }

    /// Whether the answers hold one to it.
    pub fn answered(self, draft: &Draft) -> bool {
        self.answer(draft).is_some()
    }

    /// The answer to it, as the screen shows it.
    pub fn answer(self, draft: &Draft) -> Option<String> {
        let side = self.side().of(draft);
        match self {
            Self::Tenant(_) => side.tenant.as_ref().map(|tenant| {
                let mut words = vec![tenant.label()];
                words.extend(tenant.domain.clone().filter(|domain| *domain != words[0]));
                words.push(tenant.id.to_string());
                words.dedup();
                words.join("  ")
            }),
            Self::Account(Which::Registry) if draft.handed_over => {
                Some("nobody: handed over to their admin".to_owned())
            }
            Self::Account(_) => side.account.as_ref().map(|account| match &side.guest_of {
                Some(home) => format!("{account}, guest from {home}"),
                None => account.clone(),
            }),
            Self::ClientId(_) => side.sign_in.as_ref().and_then(ways::proof_of).map(|(id, _)| id.to_string()),
            Self::Proof(_) => {
                let proof = side.sign_in.as_ref().and_then(ways::proof_of);
                proof.filter(|_| side.account.is_some()).map(|(_, proof)| format!("in {proof}"))
            }
            Self::Subscription(_) => side.subscription.as_ref().map(|(_, name)| name.clone()),
            Self::Resource(_) => side.resource.as_ref().map(|id| id.name().to_owned()),
            Self::LoginServer => draft.login_server.as_ref().map(ToString::to_string),
            Self::Repository => draft.repository.as_ref().map(ToString::to_string),
            Self::Tag => draft.image.as_ref().map(|image| image.reference.clone()),
        }
    }
}

/// The questions of a setup with these answers, in order.
pub(super) fn questions(draft: &Draft) -> Vec<Question> {
    let mut all = Vec::new();
    for which in [Which::Cluster, Which::Registry] {
        all.extend([Question::Tenant(which), Question::Account(which)]);
        if which == Which::Registry && draft.handed_over {
            all.push(Question::LoginServer);
            continue;
        }
        all.extend([Question::Subscription(which), Question::Resource(which)]);
    }
    all.extend([Question::Repository, Question::Tag]);
    all
}

/// The first question that is not answered yet.
pub(super) fn first_open(draft: &Draft) -> Option<Question> {
    questions(draft).into_iter().find(|question| !question.answered(draft))
}

/// The question after this one.
pub(super) fn after(draft: &Draft, question: Question) -> Option<Question> {
    let all = questions(draft);
    let at = all.iter().position(|one| *one == anchor(question))?;
    all.get(at + 1).copied()
}

/// The question before this one.
pub(super) fn before(draft: &Draft, question: Question) -> Option<Question> {
    match question {
        Question::Proof(which) => return Some(Question::ClientId(which)),
        Question::ClientId(which) => return Some(Question::Account(which)),
        _ => {}
    }
    let all = questions(draft);
    let at = all.iter().position(|one| *one == question)?;
    at.checked_sub(1).and_then(|at| all.get(at).copied())
}

/// The two questions on a service principal stand in for the one on the account.
pub(super) fn anchor(question: Question) -> Question {
    match question {
        Question::ClientId(which) | Question::Proof(which) => Question::Account(which),
        other => other,
    }
}
