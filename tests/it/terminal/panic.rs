//! A defect of the program, wherever: the terminal is given back, and a report is written that tells no secret.
//!
//! The product has no way to be made to fail. The tests run this binary again inside the terminal, where the otherwise empty
//! [`child`] shows the wizard with a demo that fails.

use std::{
    os::unix::fs::PermissionsExt as _,
    path::Path,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use crosspull::{
    domain::{AppId, Plan, StepId, TenantId, answers::SignIn},
    error::Error,
    secret::Secret,
    session::{Account, Session},
    sim::ready::ReadyOperator,
    tui::{
        self, Front,
        look::{Hints, Look},
        training::{Scenario, Suggested, Training},
    },
};

use super::pty::{DOWN, ENTER, Program, Pty};
use crate::{
    leaks::{Places, Secrets},
    world::World,
};

/// Names the child's folder; without it the child has nothing to do.
const FOLDER: &str = "CROSSPULL_TEST_FOLDER";

/// What the failing demo holds while it fails.
const SECRET: &str = "s3cr3t-of-the-failing-demo";

/// Its stories fail, each in another place. One of them needs a world to get there.
#[derive(Default)]
struct Failing(Mutex<Option<World>>);

/// Everybody is at hand.
fn accounts(world: &World) -> Vec<Account> {
    let with = |tenant: TenantId, operator: &ReadyOperator| Account {
        sign_in: SignIn::ServicePrincipal {
            client_id: operator.client_id,
            client_secret_env: operator.name.to_uppercase(),
        },
        name: operator.user.clone(),
        via: String::new(),
        tenant: Some(tenant),
        tenant_name: None,
    };
    let tenants = world.sim.ready().tenants.iter();
    tenants.flat_map(|tenant| tenant.operators.iter().map(|operator| with(tenant.id, operator))).collect()
}

#[async_trait]
impl Training for Failing {
    fn scenarios(&self) -> Vec<Scenario> {
        ["in a task", "in a thread", "on the screen's own task"]
            .map(|id| Scenario { id: id.to_owned(), title: format!("It fails {id}"), about: String::new() })
            .into()
    }

    async fn start(&self, id: &str) -> Result<(Session, Suggested), Error> {
        let held = Secret::new(SECRET);
        match id {
            "in a task" => panic!("the demo failed, holding {held:?}"),
            "in a thread" => {
                let failing = std::thread::spawn(move || panic!("the thread failed, holding {held:?}"));
                // Nobody who waits for it hears of it: the wizard hears by itself.
                let _ = failing.join();
                std::future::pending().await
            }
            _ => {
                let world = World::new("policy-no-secrets").await;
                let session = world.session_of(accounts(&world));
                *self.0.lock().unwrap() = Some(world);
                Ok((session, Suggested::default()))
            }
        }
    }

    fn other_admin(&self, _: StepId, _: AppId, _: &Plan) {}

    /// This one is done by the task that draws.
    fn lift_policies(&self) {
        panic!("the demo's other admin failed")
    }
}

/// The wizard, as `main` and the demo begin it.
#[test]
#[expect(clippy::exit, reason = "in a process of its own, whose exit code the test is about")]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    color_eyre::install().unwrap();
    let demo = Arc::new(Failing::default());
    let front = Front {
        open: None,
        training: Some(demo.clone()),
        story: None,
        resume: None,
        started: crosspull::words::again::Started::default(),
        look: Look::choose(&Hints { locale: Some("C.UTF-8".to_owned()), ..Hints::default() }),
        mouse: true,
        data_dir: folder.clone().into(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let code = runtime.block_on(tui::run(front)).unwrap().code;
    if let Some(world) = demo.0.lock().unwrap().take() {
        told_nothing(&world, Path::new(&folder));
    }
    std::process::exit(code as i32)
}

/// The demo was in the middle of work, with people signed in, keys made and tokens held.
fn told_nothing(world: &World, home: &Path) {
    let mut reports = Places::default();
    reports.add_files(&home.join("crashes"));
    reports.hold(&[".txt"]);
    reports.are_free_of(&Secrets::of(world), &["client_secret", "access_token", "secretText"]);
    println!("The report tells no secret.");
}

fn failing(home: &Path) -> Pty {
    let this = std::env::current_exe().unwrap();
    let child = format!("{}::child", module_path!().split_once("::").unwrap().1);
    let wizard = Program::new(this, home).args(["--exact", &child, "--nocapture"]).env(FOLDER, home).size(100, 40);
    wizard.start()
}

/// What the reports say, after a look at who may read them.
fn reports(home: &Path) -> Vec<String> {
    let folder = home.join("crashes");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    files
        .iter()
        .map(|file| {
            assert_eq!(mode(file), 0o600, "{}", file.display());
            std::fs::read_to_string(file).unwrap()
        })
        .collect()
}

#[test]
fn the_terminal_is_given_back_and_a_report_written() {
    let home = tempfile::tempdir().unwrap();
    let mut wizard = failing(home.path());
    wizard.shows("> It fails in a task");
    wizard.keys(ENTER);
    let left = wizard.end().gave_back().exits(1).says("the demo failed, holding Secret(").says("has a defect");
    // The message stands on the screen that was given back, and names the report. Lines wrap anywhere.
    let text: String = left.screen.rows(0, 100).collect();
    let folder = home.path().join("crashes");
    assert!(text.replace(' ', "").contains(&folder.display().to_string()), "{text}");
    let [report] = reports(home.path()).try_into().unwrap();
    for words in [env!("CARGO_PKG_VERSION"), "the demo failed, holding Secret(", "panic.rs:"] {
        assert!(report.contains(words), "{words} is missing in {report}");
    }
    assert!(!report.contains(SECRET) && !String::from_utf8_lossy(&left.raw).contains(SECRET));
}

#[test]
fn a_thread_that_fails_ends_it_as_well() {
    let home = tempfile::tempdir().unwrap();
    let mut wizard = failing(home.path());
    wizard.shows("> It fails in a task");
    wizard.keys(DOWN);
    wizard.shows("> It fails in a thread");
    wizard.keys(ENTER);
    wizard.end().gave_back().exits(1).says("the thread failed").says("has a defect");
    assert_eq!(reports(home.path()).len(), 1);
}

/// In the middle of drawing, as it were: what runs behind the screen is ended in order all the same.
#[test]
pub(crate) fn the_screens_own_task_fails_no_worse() {
    let home = tempfile::tempdir().unwrap();
    let mut wizard = failing(home.path());
    wizard.shows("> It fails in a task");
    wizard.keys(&DOWN.repeat(2));
    wizard.shows("> It fails on the screen's own task");
    wizard.keys(ENTER);
    let cluster = "/subscriptions/11111111-aaaa-4000-8000-0000000000a1/resourceGroups/shop/providers/\
                   Microsoft.ContainerService/managedClusters/shop-prod";
    let registry = "/subscriptions/22222222-bbbb-4000-8000-0000000000a1/resourceGroups/images/providers/\
                    Microsoft.ContainerRegistry/registries/fabrikamimages";
    for (asks, answer, shown) in [
        ("Which company's cluster is it?", cluster, "managedClusters/shop-prod"),
        ("Who signs in there?", "ana", "> ana@contoso.example"),
        ("Which cluster?", "", "> shop-prod"),
        ("Which company's registry does it pull from?", registry, "registries/fabrikamimages"),
        ("Who signs in there?", "ben", "> ben@fabrikam.example"),
        ("Which registry?", "", "> fabrikamimages"),
        ("Which image shall be pulled as a test?", "shop/web:1.4", "> shop/web:1.4"),
    ] {
        wizard.shows(asks);
        wizard.keys(answer);
        wizard.shows(shown);
        wizard.keys(ENTER);
    }
    wizard.shows("o play the admin");
    wizard.keys("o");
    let left = wizard.end().gave_back().exits(1).says("the demo's other admin failed").says("has a defect");
    left.says("The report tells no secret.");
    assert_eq!(reports(home.path()).len(), 1);
}
