//! What is set up: every route, every way of provisioning, both kinds of registry, a cluster whose roles are carried over.

use std::sync::LazyLock;

use crosspull::{
    domain::{
        Answers, AppId,
        answers::{Provision, Route},
    },
    sim::{Scenario, changes},
};

use crate::world::World;

/// Who makes the app known in the registry's tenant, and gives it its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The operator there, through crosspull.
    Us,
    /// An admin there accepts; the operator gives the role.
    Admin,
    /// An admin there does both: nobody is signed in.
    Others,
}

/// One kind of setup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    pub route: Route,
    pub by: By,
    pub cluster: &'static str,
    pub registry: &'static str,
}

/// The tenant of every cluster here.
pub const HOME: &str = "contoso.example";
/// The tenant of every registry here.
pub const ABROAD: &str = "fabrikam.example";

/// What the how-to is about.
pub const MAIN: Shape = Shape { route: Route::NewApp, by: By::Us, cluster: "shop-prod", registry: "fabrikamimages" };

/// All of them, the main one first.
pub fn all() -> Vec<Shape> {
    let mut shapes = Vec::new();
    for (route, cluster) in [(Route::NewApp, "shop-prod"), (Route::NewApp, "shop-vnet"), (Route::KeepApp, "shop-keep")]
    {
        for registry in ["fabrikamimages", "fabrikamabac"] {
            shapes.extend([By::Us, By::Admin, By::Others].map(|by| Shape { route, by, cluster, registry }));
        }
    }
    shapes
}

static SCENARIO: LazyLock<Scenario> = LazyLock::new(|| Scenario::load("default").expect("a scenario"));

impl Shape {
    pub async fn world(&self, speed: f64) -> World {
        World::one_of_many(&SCENARIO, speed).await
    }

    pub fn answers(&self, world: &World) -> Answers {
        let mut answers = world.answers(self.cluster, self.registry);
        answers.app.route = Some(self.route);
        match self.by {
            By::Us => {}
            By::Admin => answers.registry.provision = Provision::Consent,
            By::Others => {
                answers.registry.provision = Provision::Consent;
                (answers.registry.sign_in, answers.registry.id) = (None, None);
                answers.registry.login_server = Some(world.login_server(self.registry).parse().expect("a host"));
            }
        }
        answers
    }

    /// The admin of the registry's tenant does their part, as far as it can be done by now. Done twice, it is done once.
    pub fn admin_acts(&self, world: &World) {
        let Some(app) = self.app(world) else { return };
        let mut sim = world.sim.world().lock();
        let abroad = sim.tenant_named(ABROAD).expect("the tenant").id;
        if self.by == By::Us {
            return;
        }
        // An app that cannot be seen yet, or is for its own tenant so far, is refused: they try again.
        let Ok(principal) = changes::consent(&mut sim, abroad, app) else { return };
        if self.by == By::Others {
            changes::let_pull(&mut sim, &world.login_server(self.registry), principal);
        }
    }

    /// The app of the setup, once there is one.
    pub fn app(&self, world: &World) -> Option<AppId> {
        match self.route {
            Route::NewApp => world.ours().first().map(|app| app.app_id),
            Route::KeepApp => self.present_app(world),
        }
    }

    /// The app that the cluster has.
    pub fn present_app(&self, world: &World) -> Option<AppId> {
        let sim = world.sim.world().lock();
        sim.clusters.iter().find(|cluster| cluster.name == self.cluster)?.client_id
    }
}
