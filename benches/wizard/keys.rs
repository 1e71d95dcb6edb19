//! From a key to its frame, in a list of 50,000 clusters: the model's change, the drawing, and what the terminal is sent.
//!
//! In this process and without a terminal, so that nothing is measured but what the wizard itself does for a key.

use std::{
    fmt::Write as _,
    io::{BufWriter, Sink, sink},
    time::{Duration, Instant},
};

use crosspull::{
    domain::{SubscriptionId, answers::Tenant},
    engine::wait::now,
    session::{Found, Row, Rows, SignedIn, Ticket, Unusable, Value},
    tui::{
        effect::Effect,
        look::{Hints, Look},
        model::{Model, Screen},
        msg::Msg,
        update::update,
        view::view,
    },
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{Terminal, TerminalOptions, Viewport, backend::CrosstermBackend, layout::Rect};

use super::figures::{Times, figure, heading, ms};

const CLUSTERS: usize = 50_000;
/// As many as Resource Manager puts on a page.
const PAGE: usize = 100;
const ROUNDS: usize = 20;
const GOAL: Duration = Duration::from_millis(4);

pub(crate) fn measure() {
    heading("Key to frame, 50,000 clusters in the list");
    let mut wizard = Wizard::at_the_clusters();
    let script = script();
    let mut times = Vec::with_capacity(ROUNDS * script.len());
    let mut slowest = (Duration::ZERO, KeyCode::Null);
    for _ in 0..ROUNDS {
        for key in &script {
            let began = Instant::now();
            wizard.tell(Msg::Key(KeyEvent::new(*key, KeyModifiers::NONE)));
            wizard.draw();
            let took = began.elapsed();
            if took > slowest.0 {
                slowest = (took, *key);
            }
            times.push(took);
        }
    }
    let times = Times::new(times);
    let spread = format!("{} p50, {} p99", ms(times.percentile(50)), ms(times.percentile(99)));
    figure(&format!("{} keys", times.count()), &spread, Some(("p99 < 4.00 ms", times.percentile(99) < GOAL)));
    figure("the slowest", &format!("{} ({:?})", ms(slowest.0), slowest.1), None);
    let pages = Times::new(std::mem::take(&mut wizard.pages));
    let spread =
        format!("{} p50, {} p99, {} most", ms(pages.percentile(50)), ms(pages.percentile(99)), ms(pages.most()));
    figure(&format!("a page of {PAGE} rows taken in"), &spread, None);
}

/// The wizard without a terminal: frames are made, compared and encoded, and then dropped.
struct Wizard {
    model: Model,
    screen: Terminal<CrosstermBackend<BufWriter<Sink>>>,
    /// How long each page of rows took.
    pages: Vec<Duration>,
}

impl Wizard {
    /// A person has found a tenant, signed in, and is asked for one of its clusters.
    fn at_the_clusters() -> Self {
        let look = Look::choose(&Hints { locale: Some("C.UTF-8".to_owned()), ..Hints::default() });
        let backend = CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, sink()));
        let viewport = Viewport::Fixed(Rect::new(0, 0, 120, 40));
        let screen = Terminal::with_options(backend, TerminalOptions { viewport }).unwrap();
        let mut wizard = Self { model: Model::new(look, now(), None), screen, pages: Vec::new() };
        wizard.model.size = (120, 40);
        wizard.tell(Msg::Accounts(Vec::new()));
        wizard.tell(Msg::Setups(Ok(Vec::new())));
        wizard.press(KeyCode::Enter);
        for letter in "contoso.example".chars() {
            wizard.press(KeyCode::Char(letter));
        }
        let ticket = asked_with(&wizard.press(KeyCode::Enter));
        let tenant = Tenant {
            id: "66666666-6666-4666-8666-666666666666".parse().unwrap(),
            domain: Some("contoso.example".to_owned()),
            display_name: Some("Contoso".to_owned()),
        };
        wizard.tell(Msg::Found(ticket, Ok(Found { tenant: tenant.clone(), resource: None })));
        let ticket = asked_with(&wizard.press(KeyCode::Enter));
        let signed_in = SignedIn { tenant, account: "ana@contoso.example".to_owned(), guest_of: None };
        let ticket = asked_with(&wizard.tell(Msg::SignedIn(ticket, Ok(signed_in))));
        let rows = (0..2).map(|n| row(Value::Subscription(subscription(n)), format!("Shop {n}"), String::new()));
        wizard.tell(Msg::Rows(Rows { ticket, rows: rows.collect(), done: true, problem: None }));
        // All subscriptions.
        let ticket = asked_with(&wizard.press(KeyCode::Enter));
        for page in 0..CLUSTERS / PAGE {
            let rows = (page * PAGE..(page + 1) * PAGE).map(cluster).collect();
            let began = Instant::now();
            wizard.tell(Msg::Rows(Rows { ticket, rows, done: false, problem: None }));
            wizard.pages.push(began.elapsed());
        }
        wizard.tell(Msg::Rows(Rows { ticket, rows: Vec::new(), done: true, problem: None }));
        let Screen::Questions(asked) = &wizard.model.screen else { panic!("no question: {:?}", wizard.model.screen) };
        assert_eq!(asked.picker.len(), CLUSTERS, "{:?}", asked.question);
        wizard
    }

    fn tell(&mut self, msg: Msg) -> Vec<Effect> {
        self.model.now = now();
        update(&mut self.model, msg)
    }

    fn press(&mut self, key: KeyCode) -> Vec<Effect> {
        self.tell(Msg::Key(KeyEvent::new(key, KeyModifiers::NONE)))
    }

    fn draw(&mut self) {
        let model = &self.model;
        self.screen.draw(|frame| drop(view(model, frame))).unwrap();
    }
}

/// What somebody types who looks for a cluster: names letter by letter, some of them wrong, taken back again, corrected in
/// the middle, and the list walked through in between.
fn script() -> Vec<KeyCode> {
    let mut keys = Vec::new();
    let texts =
        ["shop", "prod westeurope", "4", "aks-shop-prod-04", "nowhere at all", "SHOP 99 north", "e", "rg-12 test"];
    for text in texts {
        keys.extend(text.chars().map(KeyCode::Char));
        keys.extend([KeyCode::Down; 12]);
        keys.extend([KeyCode::PageDown; 6]);
        keys.extend([KeyCode::Up; 4]);
        keys.extend([KeyCode::PageUp; 2]);
        // A letter in the middle, and out again.
        keys.extend([KeyCode::Left, KeyCode::Char('x'), KeyCode::Backspace, KeyCode::Right]);
        keys.extend(text.chars().map(|_| KeyCode::Backspace));
        keys.extend([KeyCode::PageDown; 10]);
    }
    keys
}

fn cluster(n: usize) -> Row {
    let team = ["shop", "search", "billing", "data", "edge", "login", "reports"][n % 7];
    let stage = ["prod", "test", "staging"][n % 3];
    let region = ["westeurope", "northeurope", "eastus2", "swedencentral", "australiaeast"][n % 5];
    let mut id = format!("/subscriptions/{}/resourceGroups/rg-{team}-{}", subscription(n % 40), n / 50);
    let _ = write!(id, "/providers/Microsoft.ContainerService/managedClusters/aks-{team}-{stage}-{n:05}");
    let mut row = row(
        Value::Cluster(id.parse().unwrap()),
        format!("aks-{team}-{stage}-{n:05}"),
        format!("rg-{team}-{}, {region}, {} nodes", n / 50, n % 30),
    );
    row.unusable = n.is_multiple_of(11).then(|| Unusable { words: "it is stopped".to_owned(), code: None });
    row
}

fn row(value: Value, label: String, detail: String) -> Row {
    Row { value, label, detail, unusable: None }
}

fn subscription(n: usize) -> SubscriptionId {
    format!("77777777-7777-4777-8777-{n:012}").parse().unwrap()
}

/// The ticket that the answer has to bear.
fn asked_with(effects: &[Effect]) -> Ticket {
    let found = effects.iter().find_map(|effect| match effect {
        Effect::Resolve(ticket, _) | Effect::SignIn { ticket, .. } | Effect::Look(ticket, _) => Some(*ticket),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("nothing is asked for: {effects:?}"))
}
