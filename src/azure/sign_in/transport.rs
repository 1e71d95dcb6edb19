//! The credentials of `azure_identity` send through [`Http`], so that their requests are logged and their errors read
//! here: their own reading of an error stumbles over the line breaks in Entra's descriptions.

use std::{borrow::Cow, sync::Arc};

use azure_core::{
    cloud::CustomConfiguration,
    error::ErrorKind as CoreKind,
    http::{
        AsyncRawResponse, ClientOptions, HttpClient, Method as CoreMethod, Request, RetryOptions, Transport,
        headers::Headers, request::Body,
    },
};
use reqwest::Method;
use url::{Host, form_urlencoded};

use crate::{
    azure::http::{Call, Http},
    domain::Cloud,
    secret::Secret,
};

/// Fields of a form that must not come back in an error's words.
const HIDDEN: [&str; 2] = ["client_secret", "client_assertion"];

/// Options with which a credential sends through `http`, once, to the cloud's sign-in service.
pub(super) fn client_options(http: &Http, cloud: &Cloud) -> ClientOptions {
    let mut custom = CustomConfiguration::default();
    custom.authority_host = cloud.login.to_string();
    ClientOptions {
        transport: Some(Transport::new(Arc::new(Logged(http.clone())))),
        retry: RetryOptions::none(),
        cloud: Some(Arc::new(custom.into())),
        ..ClientOptions::default()
    }
}

#[derive(Debug)]
struct Logged(Http);

#[async_trait::async_trait]
impl HttpClient for Logged {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let call = match request.method() {
            CoreMethod::Get => identity(request)?,
            _ => form(request)?,
        };
        let mut response =
            self.0.send(call).await.map_err(|error| {
                azure_core::Error::with_error(CoreKind::Other, error, "the request for a token failed")
            })?;
        Ok(AsyncRawResponse::from_bytes(response.status().into(), Headers::new(), std::mem::take(&mut *response.body)))
    }
}

/// A request to the token endpoint.
fn form(request: &Request) -> azure_core::Result<Call> {
    let Body::Bytes(body) = request.body() else {
        return Err(azure_core::Error::with_message(CoreKind::Other, "a request for a token has no stream"));
    };
    let pairs: Vec<(Cow<'static, str>, Secret)> =
        form_urlencoded::parse(body).map(|(name, value)| (name.into_owned().into(), Secret::new(value))).collect();
    let hidden: Vec<Secret> =
        pairs.iter().filter(|(name, _)| HIDDEN.contains(&name.as_ref())).map(|(_, value)| value.clone()).collect();
    let call = Call::new("sign_in.token", "sign in", Method::POST, request.url().clone()).read().form(pairs);
    Ok(hidden.iter().fold(call, Call::hide))
}

/// A request to the machine's own identity endpoint, which knows its callers by a header.
fn identity(request: &Request) -> azure_core::Result<Call> {
    let call = Call::get("sign_in.managed_identity", "sign in as this machine", request.url().clone());
    // A virtual machine's endpoint knows its caller by being its link; others know it by a secret in a header.
    let virtual_machine = request.url().host_str() == Some("169.254.169.254");
    let own_link = matches!(request.url().host(), Some(Host::Ipv4(ip)) if ip.is_link_local());
    let call = if own_link { call.instance_metadata() } else { call };
    let wanted: &[&str] = if virtual_machine { &["metadata"] } else { &["metadata", "x-identity-header"] };
    request.headers().iter().filter(|(name, _)| wanted.contains(&name.as_str())).try_fold(
        call,
        |call, (name, value)| {
            let secret = Secret::new(value.as_str().to_owned());
            call.secret_header(name.as_str(), &secret).map_err(|error| {
                azure_core::Error::with_error(CoreKind::Other, error, "the request for a token failed")
            })
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(address: &str) -> Call {
        let mut request = Request::new(address.parse().unwrap(), CoreMethod::Get);
        request.insert_header("metadata", "true");
        request.insert_header("x-identity-header", "hunter2");
        request.insert_header("authorization", "Bearer hunter2");
        identity(&request).unwrap()
    }

    fn names(call: &Call) -> Vec<&str> {
        let mut names: Vec<&str> = call.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn a_virtual_machines_endpoint_gets_no_secret_and_may_be_plain() {
        let call = asked("http://169.254.169.254/metadata/identity/oauth2/token?resource=x");
        assert_eq!((names(&call), call.instance_metadata), (vec!["metadata"], true));
    }

    #[test]
    fn an_app_services_endpoint_is_on_the_machines_own_link_too() {
        let call = asked("http://169.254.129.3:8081/msi/token?resource=x");
        assert_eq!((names(&call), call.instance_metadata), (vec!["metadata", "x-identity-header"], true));
    }

    #[test]
    fn another_endpoint_gets_the_header_that_it_knows_its_callers_by() {
        let call = asked("http://localhost:4141/msi/token?resource=x");
        assert_eq!((names(&call), call.instance_metadata), (vec!["metadata", "x-identity-header"], false));
        assert_eq!(call.hidden.scrub("it said hunter2".to_owned()), "it said …");
    }
}
