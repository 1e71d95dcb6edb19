use std::time::Duration;

use super::*;
use crate::azure::testing::{SILENCE, answer, server};

const PATIENCE: Duration = Duration::from_secs(5);

fn proxies(proxy: &str, except: &str) -> Proxies {
    let matcher = Matcher::builder().https(proxy.to_owned()).no(except.to_owned()).build();
    Proxies { matcher, set_by: SetBy::Variable("HTTPS_PROXY") }
}

fn call() -> Call {
    Call::get("graph.me.get", "read", Url::parse("https://graph.example/v1.0/me").unwrap())
}

/// What becomes of a connection that failed, behind a proxy that now gives this answer.
async fn explained(answer: String, user: &str) -> (ErrorKind, String, String) {
    let (url, mut seen) = server(vec![answer]).await;
    let address = url.as_str().replace("http://", &format!("http://{user}"));
    let via = proxies(&address, "").to(&call().url).unwrap();
    let failed = call().error(ErrorKind::Connect, "`graph.example` could not be reached: tunnel error");
    let error = via.explain(failed, &call(), PATIENCE).await;
    let shown = error.message.replace(&authority(&url), "proxy:3128");
    (error.kind, shown, seen.recv().await.unwrap())
}

#[tokio::test]
async fn refusals_of_a_proxy_are_told_apart() {
    let page = |head: &str, title: &str| answer(head, &format!("<html><title>{title}</title>\u{1b}[31m</html>"));
    let wants =
        "407 Proxy Authentication Required\r\nproxy-authenticate: Negotiate\r\nproxy-authenticate: Basic realm=\"x\"";
    let the_proxy = "the proxy `proxy:3128` (HTTPS_PROXY)";
    for (answer, user, kind, words) in [
        (
            page(wants, "no"),
            "",
            ErrorKind::Proxy,
            "wants a name and a password (by Negotiate, Basic), so nothing was sent to `graph.example`",
        ),
        (
            answer("407 No", ""),
            "ana:hunter22@",
            ErrorKind::Proxy,
            "does not take the name and password that are set for it, so nothing was sent to `graph.example`",
        ),
        (
            page("403 Forbidden", "ERROR: \"Access\" denied"),
            "",
            ErrorKind::Proxy,
            "does not let anything through to `graph.example`: it answered 403, \"ERROR: Access denied\"",
        ),
        (
            page("503 Service Unavailable", "No such host"),
            "",
            ErrorKind::Connect,
            "found no way to `graph.example`: it answered 503, \"No such host\"",
        ),
        (
            page("302 Found\r\nlocation: http://welcome.example/", "Welcome"),
            "",
            ErrorKind::Proxy,
            "does not answer as a proxy does: it sent 302, \"Welcome\"",
        ),
        (answer("405 Method Not Allowed", ""), "", ErrorKind::Proxy, "does not answer as a proxy does: it sent 405"),
        ("SSH-2.0-OpenSSH\r\n".to_owned(), "", ErrorKind::Proxy, "does not answer as a proxy does: it sent no HTTP"),
        (SILENCE.to_owned(), "", ErrorKind::Proxy, "does not answer as a proxy does: it sent no HTTP"),
    ] {
        let (found, message, asked) = explained(answer, user).await;
        assert_eq!((found, message), (kind, format!("{the_proxy} {words}")));
        assert!(asked.starts_with("CONNECT graph.example:443 HTTP/1.1\r\n"), "{asked}");
        assert_eq!(asked.contains("Proxy-Authorization: Basic YW5hOmh1bnRlcjIy\r\n"), !user.is_empty());
    }
}

#[tokio::test]
async fn a_proxy_that_has_come_to_itself_is_named_and_no_more() {
    let (kind, message, _) = explained("HTTP/1.1 200 Connection established\r\n\r\n".to_owned(), "").await;
    assert_eq!(kind, ErrorKind::Connect);
    assert_eq!(
        message,
        "`graph.example` could not be reached: tunnel error; the way there is the proxy `proxy:3128` (HTTPS_PROXY)"
    );
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_said_so() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let via = proxies(&format!("http://ana:hunter22@{address}"), "").to(&call().url).unwrap();
    let error = via.explain(call().error(ErrorKind::Connect, "?"), &call(), PATIENCE).await;
    let start = format!(
        "`graph.example` is asked for through the proxy `{address}` (HTTPS_PROXY), and that proxy could not be reached: "
    );
    assert!(error.kind == ErrorKind::Connect && error.message.starts_with(&start), "{error}");
}

#[tokio::test]
async fn a_proxy_is_named_where_it_may_have_to_do_with_it() {
    let via = proxies("socks5h://ana:hunter22@proxy.example", "").to(&call().url).unwrap();
    for kind in [ErrorKind::Connect, ErrorKind::Tls, ErrorKind::Unanswered, ErrorKind::NotAzure] {
        let error = via.explain(call().error(kind, "it failed"), &call(), PATIENCE).await;
        assert_eq!(error.message, "it failed; the way there is the proxy `proxy.example:80` (HTTPS_PROXY)");
    }
    let error = via.explain(call().error(ErrorKind::Service, "it failed"), &call(), PATIENCE).await;
    assert_eq!(error.message, "it failed");
    assert!(!format!("{via:?}").contains("hunter22"), "{via:?}");
}

#[test]
fn hosts_that_are_excepted_need_no_proxy() {
    let proxies = proxies("proxy.example:3128", "graph.example, .azurecr.io");
    let to = |url: &str| proxies.to(&Url::parse(url).unwrap()).map(|via| via.to_string());
    assert_eq!(to("https://graph.example/"), None);
    assert_eq!(to("https://fabrikam.azurecr.io/v2/"), None);
    assert_eq!(to("https://login.example/").as_deref(), Some("the proxy `proxy.example:3128` (HTTPS_PROXY)"));
}

#[tokio::test]
async fn a_password_that_was_refused_is_not_sent_once_more() {
    let (url, mut seen) = server(vec![answer("407 No\r\nproxy-authenticate: Negotiate", "")]).await;
    let via = proxies(&url.as_str().replace("http://", "http://ana:hunter22@"), "").to(&call().url).unwrap();
    let refused = std::io::Error::other("proxy authorization required");
    let failed = call().error(ErrorKind::Connect, "no tunnel").with_source(std::io::Error::other(refused));
    let error = via.explain(failed, &call(), PATIENCE).await;
    assert!(
        error.message.contains("does not take the name and password that are set for it (by Negotiate)"),
        "{error}"
    );
    assert!(!seen.recv().await.unwrap().contains("Proxy-Authorization"));
}
