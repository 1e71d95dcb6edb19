//! The two admin consent endpoints.

use super::{Answer, Call, State, authorize, pages};
use crate::{
    domain::ObjectId,
    sim::{changes, directory::Tenant},
};
use axum::response::IntoResponse;

/// Whether somebody may consent for the whole tenant.
pub(super) fn may_consent_for_all(tenant: &Tenant, user: ObjectId) -> bool {
    tenant.directory_roles(user).iter().any(|role| role.administers_applications())
}

pub(super) fn page(state: &State, call: &Call) -> Answer {
    let asked = authorize::asked(state, call, call.query.clone())?;
    let where_to = {
        let world = state.world.lock();
        let tenant = asked.tenant.and_then(|tenant| world.tenant(tenant));
        tenant.map_or("any organization".to_owned(), |tenant| format!("{} ({})", tenant.display_name, tenant.domain))
    };
    let carried = asked.carried();
    let who = pages::Who { where_to: &where_to, hint: asked.get("login_hint"), wrong: None };
    Ok(pages::sign_in(state, &pages::Form { action: &call.path, carried: &carried }, &who))
}

pub(super) fn posted(state: &State, call: &Call) -> Answer {
    let asked = authorize::asked(state, call, call.form())?;
    let sign_in = match authorize::signed_in(state, call, &asked)? {
        Ok(sign_in) => sign_in,
        Err(page) => return Ok(page.into_response()),
    };
    let two = call.path.to_lowercase().contains("/v2.0/");
    let mut world = state.world.lock();
    let Some((tenant, (home, app))) = world.tenant(sign_in.tenant).zip(world.application(asked.client)) else {
        return Err(authorize::unknown_app(&world, Some(sign_in.tenant), &asked.client.to_string()));
    };
    let who = tenant.users.iter().find(|user| user.id == sign_in.user).map_or("", |user| user.upn.as_str());
    if !may_consent_for_all(tenant, sign_in.user) {
        let message = format!(
            "{} needs permission to access resources in your organization that only an admin can \
                               grant.",
            app.display_name
        );
        return Err(pages::error(90094, &message));
    }
    let back = match asked.get("decision") {
        None => {
            let mut carried = asked.carried();
            carried.push(("signed_in".into(), authorize::note(sign_in)));
            let what = pages::Consent {
                who,
                app: &app.display_name,
                publisher: &home.domain,
                directory: &tenant.display_name,
                admin: true,
                for_all: true,
            };
            return Ok(pages::consent(&pages::Form { action: &call.path, carried: &carried }, &what));
        }
        Some("accept") => {
            changes::consent(&mut world, sign_in.tenant, asked.client)
                .map_err(|fault| authorize::principal_fault(&world, sign_in.tenant, asked.client, fault))?;
            let mut fields = vec![
                ("admin_consent".to_owned(), "True".to_owned()),
                ("tenant".to_owned(), sign_in.tenant.to_string()),
            ];
            if two {
                let scope = format!("{}/User.Read", state.hosts.graph);
                fields.push(("scope".into(), scope));
            }
            fields
        }
        // The newer page says admin_consent=True even then.
        Some(_) if two => {
            let mut fields = vec![("admin_consent".to_owned(), "True".to_owned())];
            let description = "AADSTS65004: The resource owner or authorization server denied the request.";
            fields.extend(authorize::failure("consent_required", description));
            fields
        }
        Some(_) => authorize::failure("permission_denied", "The admin canceled the request"),
    };
    drop(world);
    Ok(asked.back(back))
}
