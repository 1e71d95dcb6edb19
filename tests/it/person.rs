//! A person at a browser: goes through the simulator's pages as they come, and comes back to the program.

use reqwest::{Method, Response};
use url::Url;

use crate::world::World;

/// What a page offers.
struct Form {
    action: Url,
    fields: Vec<(String, String)>,
}

/// A person who signs in.
#[derive(Debug, Clone)]
pub struct Person {
    http: reqwest::Client,
    /// The account that they choose.
    pub user: String,
    /// Whether they have their phone with them.
    pub approves: bool,
    /// Whether the browser is on the program's machine, and finds its port.
    here: bool,
}

/// Where a person ended.
#[derive(Debug)]
pub enum Ended {
    /// The browser went to this address; what its page said.
    At(Url, String),
    /// A page that leads nowhere; its text.
    Stuck(String),
}

impl Person {
    pub fn new(world: &World, user: &str) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .tls_certs_merge([reqwest::Certificate::from_pem(world.sim.ca_pem().as_bytes()).unwrap()])
            .build()
            .unwrap();
        Self { http, user: user.to_owned(), approves: true, here: true }
    }

    /// The same person at a browser on another machine.
    pub fn elsewhere(&self) -> Self {
        Self { here: false, ..self.clone() }
    }

    /// Opens a page and does what it asks for.
    pub async fn open(&self, page: &Url) -> Ended {
        self.follow(page.clone(), self.get(page).await, None).await
    }

    /// Opens the page for device codes, and types one.
    pub async fn type_code(&self, page: &Url, code: &str) -> Ended {
        self.follow(page.clone(), self.get(page).await, Some(code)).await
    }

    async fn get(&self, page: &Url) -> Response {
        self.http.request(Method::GET, page.clone()).send().await.unwrap()
    }

    async fn post(&self, page: &Url, fields: &[(String, String)]) -> Response {
        self.http.request(Method::POST, page.clone()).form(fields).send().await.unwrap()
    }

    async fn follow(&self, mut at: Url, mut answer: Response, code: Option<&str>) -> Ended {
        for _ in 0..10 {
            if answer.status().is_redirection() {
                let to: Url = answer.headers()["location"].to_str().unwrap().parse().unwrap();
                let said = if self.here { self.get(&to).await.text().await.unwrap() } else { String::new() };
                return Ended::At(to, said);
            }
            let page = answer.text().await.unwrap();
            let Some(form) = form(&at, &page) else { return Ended::Stuck(page) };
            let mut fields = form.fields;
            let mut press = |name: &str, value: &str| fields.push((name.to_owned(), value.to_owned()));
            if page.contains("id=\"back\"") {
                let answer = self.post(&form.action, &fields).await;
                return Ended::At(form.action, answer.text().await.unwrap());
            } else if page.contains("id=\"user-code\"") {
                press("user_code", code.expect("a page that asks for no code"));
            } else if page.contains("name=\"quick\"") {
                press("quick", &self.user);
            } else if page.contains("id=\"approve\"") {
                press("mfa", if self.approves { "approve" } else { "deny" });
            } else if page.contains("id=\"accept\"") {
                press("decision", "accept");
            } else {
                return Ended::Stuck(page);
            }
            answer = self.post(&form.action, &fields).await;
            at = form.action;
        }
        panic!("the pages go round in a circle");
    }
}

/// The first form of a page, with its hidden fields.
fn form(at: &Url, page: &str) -> Option<Form> {
    let form = &page[page.find("<form")?..];
    let form = &form[..form.find("</form>")?];
    let unescaped = |text: &str| {
        text.replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    };
    let action = unescaped(form.split_once("action=\"")?.1.split_once('"')?.0);
    let fields = form
        .split("<input type=\"hidden\" name=\"")
        .skip(1)
        .map(|input| {
            let (name, rest) = input.split_once("\" value=\"").unwrap();
            (name.to_owned(), unescaped(rest.split_once("\">").unwrap().0))
        })
        .collect();
    Some(Form { action: at.join(&action).unwrap(), fields })
}
