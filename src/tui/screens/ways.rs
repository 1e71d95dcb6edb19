//! The ways to sign in to a tenant, in the order in which they are offered, and what is typed for a service principal. One list,
//! whoever asks: the question on the account, and somebody else in the middle of a run.

use crate::{
    domain::{AppId, Tenant, answers::SignIn, rules, sign_in::SignInKind},
    paths,
    session::Account,
    tui::browser::Place,
};

/// Rarer ways, behind one entry: the list stays short.
const RARER: [SignInKind; 3] =
    [SignInKind::WorkloadIdentity, SignInKind::ManagedIdentity, SignInKind::AzureDeveloperCli];

/// What an entry leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// An account that is at hand.
    Account(Account),
    /// A sign-in of which nothing more has to be asked.
    With(SignIn),
    /// A service principal, which is asked for.
    App,
    /// The rarer ways.
    More,
}

impl Way {
    /// Whether it is the way that was taken before.
    pub fn is(&self, sign_in: &SignIn, name: Option<&str>) -> bool {
        match self {
            Self::Account(account) => account.sign_in == *sign_in && name.is_none_or(|name| name == account.name),
            Self::With(with) => with.kind() == sign_in.kind(),
            Self::App => sign_in.kind() == SignInKind::ServicePrincipal,
            Self::More => false,
        }
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What it is called.
    pub label: String,
    /// What it takes.
    pub detail: String,
    /// What it leads to.
    pub way: Way,
}

/// Where somebody is to sign in, and what there is to sign in with.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The tenant.
    pub tenant: &'a Tenant,
    /// The accounts that are at hand, for whatever tenant.
    pub accounts: &'a [Account],
    /// Whether a browser opens here.
    pub place: Place,
    /// In a demo nobody signs in but those who belong to it.
    pub demo: bool,
    /// Whether the rarer ways are shown.
    pub more: bool,
}

/// Whether a sign-in is among those that are not shown at first.
pub fn is_rarer(sign_in: &SignIn) -> bool {
    RARER.contains(&sign_in.kind())
}

/// The ways: first what is at hand, then what always is.
pub fn offers(ground: &Ground<'_>) -> Vec<Offer> {
    let here = ground.accounts.iter().filter(|account| account.tenant == Some(ground.tenant.id));
    let mut offers: Vec<Offer> = here
        .map(|account| Offer {
            label: account.name.clone(),
            detail: account.via.clone(),
            way: Way::Account(account.clone()),
        })
        .collect();
    if ground.demo {
        return offers;
    }
    let at_hand =
        |kind| offers.iter().any(|one| matches!(&one.way, Way::Account(account) if account.sign_in.kind() == kind));
    let cli = !at_hand(SignInKind::AzureCli);
    let rarer: Vec<SignInKind> = RARER.into_iter().filter(|kind| !at_hand(*kind)).collect();
    let offer = |label: &str, detail: &str, way| Offer { label: label.to_owned(), detail: detail.to_owned(), way };
    let browser = |detail| offer("in the browser", detail, Way::With(SignIn::Browser { client_id: None }));
    let code =
        offer("with a code", "typed on a page, on any device", Way::With(SignIn::DeviceCode { client_id: None }));
    if ground.place.has_browser() {
        offers.extend([browser("a page opens, and you sign in there"), code]);
    } else {
        offers.extend([code, browser("elsewhere; you paste its last address here")]);
    }
    if cli {
        let tenant = ground.tenant.domain.clone().unwrap_or_else(|| ground.tenant.id.to_string());
        offers.push(offer("the Azure CLI", &format!("after az login --tenant {tenant}"), Way::With(SignIn::AzureCli)));
    }
    offers.push(offer("a service principal", "with a secret or a certificate", Way::App));
    if !ground.more && !rarer.is_empty() {
        offers.push(offer("more ways", "identities of workloads and machines, azd", Way::More));
        return offers;
    }
    offers.extend(rarer.into_iter().filter_map(|kind| {
        Some(match kind {
            SignInKind::WorkloadIdentity => {
                let way = SignIn::WorkloadIdentity { client_id: None, token_file: None };
                offer("this workload", "a pod or a pipeline, by its platform", Way::With(way))
            }
            SignInKind::ManagedIdentity => {
                let way = SignIn::ManagedIdentity { client_id: None };
                offer("this machine's identity", "on a machine in Azure", Way::With(way))
            }
            SignInKind::AzureDeveloperCli => {
                offer("the Azure Developer CLI", "after azd auth login", Way::With(SignIn::AzureDeveloperCli))
            }
            _ => return None,
        })
    }));
    offers
}

/// What may be typed to prove who a service principal is.
pub const PROOF: &str = "The name of the environment variable that holds its secret, or the path of a PEM file with its \
                         certificate and private key. The secret itself is never typed here.";

/// Reads a client id; or why it is none.
pub fn client_id(typed: &str) -> Result<AppId, &'static str> {
    typed.trim().parse().map_err(|_| "That is no client id: it looks like 11111111-2222-3333-4444-555555555555.")
}

/// Reads what a service principal proves itself with; or why it is nothing of the kind. What is refused may be the secret
/// itself, pasted by mistake: it must not stay on the screen.
pub fn app(client_id: AppId, typed: &str) -> Result<SignIn, &'static str> {
    let typed = typed.trim();
    if is_certificate_file(typed) {
        return Ok(SignIn::Certificate { client_id, client_certificate: paths::whole(typed) });
    }
    if rules::is_secret_variable(typed) {
        return Ok(SignIn::ServicePrincipal { client_id, client_secret_env: typed.to_owned() });
    }
    Err(
        "That is neither the name of an environment variable (letters, digits, underscores) nor the path of a .pem file. \
         It was removed from the screen, in case it was the secret.",
    )
}

/// What was typed before, to be typed again.
pub fn proof_of(sign_in: &SignIn) -> Option<(AppId, String)> {
    match sign_in {
        SignIn::ServicePrincipal { client_id, client_secret_env } => Some((*client_id, client_secret_env.clone())),
        SignIn::Certificate { client_id, client_certificate } => {
            Some((*client_id, client_certificate.display().to_string()))
        }
        _ => None,
    }
}

/// A path is known by its end: what has none of these could be a secret, and answers are kept.
fn is_certificate_file(typed: &str) -> bool {
    let end = typed.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
    end.is_some_and(|end| matches!(end.as_str(), "pem" | "crt" | "cer" | "key")) && !typed.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TenantId;

    const SSH: Place = Place { ssh: true, display: true };

    fn account(tenant: &Tenant) -> Account {
        Account {
            sign_in: SignIn::AzureCli,
            name: "ana@contoso.example".to_owned(),
            via: "Azure CLI".to_owned(),
            tenant: Some(tenant.id),
            tenant_name: None,
        }
    }

    fn labels(accounts: &[Account], tenant: &Tenant, place: Place, more: bool) -> Vec<String> {
        let ground = Ground { tenant, accounts, place, demo: false, more };
        offers(&ground).into_iter().map(|offer| offer.label).collect()
    }

    #[test]
    fn what_is_at_hand_comes_first_and_the_browser_only_where_one_opens() {
        let tenant = Tenant { id: TenantId(uuid::Uuid::from_u128(1)), domain: None, display_name: None };
        let other = Tenant { id: TenantId(uuid::Uuid::from_u128(2)), ..tenant.clone() };
        let accounts = [account(&tenant)];
        let tail = ["a service principal", "more ways"];
        let with = |first: [&'static str; 3]| [first.as_slice(), &tail].concat();
        let here = labels(&accounts, &tenant, Place::HERE, false);
        assert_eq!(here, with(["ana@contoso.example", "in the browser", "with a code"]));
        let far = labels(&accounts, &other, SSH, false);
        assert_eq!(far, with(["with a code", "in the browser", "the Azure CLI"]));
        assert_eq!(labels(&accounts, &tenant, Place { display: false, ssh: false }, true).len(), 7);
        let demo = Ground { tenant: &tenant, accounts: &accounts, place: Place::HERE, demo: true, more: true };
        assert_eq!(offers(&demo).len(), 1);
    }

    #[test]
    fn nothing_is_offered_twice() {
        let tenant = Tenant { id: TenantId(uuid::Uuid::from_u128(1)), domain: None, display_name: None };
        let machine = SignIn::ManagedIdentity { client_id: None };
        let accounts = [account(&tenant), Account { sign_in: machine, name: "app 1".to_owned(), ..account(&tenant) }];
        let labels = labels(&accounts, &tenant, Place::HERE, true);
        assert!(!labels.iter().any(|label| label.starts_with("this machine")), "{labels:?}");
    }

    #[test]
    fn every_kind_of_sign_in_is_offered() {
        let tenant = Tenant { id: TenantId(uuid::Uuid::from_u128(1)), domain: None, display_name: None };
        let ground = Ground { tenant: &tenant, accounts: &[], place: Place::HERE, demo: false, more: true };
        let ways = offers(&ground);
        for kind in SignInKind::ALL {
            let there = ways.iter().any(|offer| match &offer.way {
                Way::With(sign_in) => sign_in.kind() == kind,
                Way::App => kind == SignInKind::ServicePrincipal,
                Way::Account(_) | Way::More => false,
            });
            assert!(there, "{kind:?}");
        }
    }

    #[test]
    fn a_secret_is_taken_neither_for_a_variable_nor_for_a_path() {
        let id = AppId(uuid::Uuid::from_u128(3));
        assert!(matches!(app(id, "SHOP_SECRET"), Ok(SignIn::ServicePrincipal { .. })));
        assert!(matches!(app(id, " /home/ana/shop app.pem "), Ok(SignIn::Certificate { .. })));
        assert!(matches!(app(id, "C:\\keys\\shop.PEM"), Ok(SignIn::Certificate { .. })));
        for secret in ["abC8Q~aVeryLongSecretThatWasPastedHere1x", "a/b+c=", "x.y~z", "", "/home/ana/.ssh/id"] {
            assert!(app(id, secret).is_err(), "{secret}");
        }
    }
}
