//! The setups of a machine: the confirmation of the cluster update, taking back, looking, forgetting.

use super::harness::shown;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_replacement_of_nodes_is_agreed_to_later() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.remove("options.confirm_node_replacement");
    });
    let before = world.sim.nodes().len();
    let out = world.apply_file(&file).await.exits(4);
    let begins = out.stdout.find("Everything before").unwrap();
    shown!(world, &out.stdout[begins..], @"
    Everything before the cluster update is proven.

    REPLACES 9 NODES of shop-prod, one after the other: system (3), web (6). Pods
    restart, and the node image moves to the newest.
      system: 3, Linux, AKSUbuntu-2204gen2containerd-202610.19.0
      web: 6, Linux, AKSUbuntu-2204gen2containerd-202610.19.0
    Way back: a new secret for the old app, which you may make; all nodes again.

    The cluster is as the plan saw it.
    TIME  key             UUID removed: nobody can be using it

    No node is replaced without your yes. What is done stays done. To agree:
    crosspull resume shop-prod --confirm-nodes shop-prod OPTIONS
    ");
    assert_eq!(world.calls("aks.clusters.reset_service_principal"), 0);
    assert!(world.labelled_keys().is_empty(), "a key that nobody has is not left behind");

    world.crosspull(["resume", "--confirm-nodes", "shop-staging"]).await.exits(4);
    world.crosspull(["resume", "shop-prod", "--confirm-nodes", "shop-prod"]).await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    assert_eq!((before, world.calls("aks.clusters.reset_service_principal")), (world.sim.nodes().len(), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setup_is_taken_back_before_the_cluster_was_touched() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-vnet", "fabrikamimages", |file| {
        file.remove("options.confirm_node_replacement");
    });
    world.apply_file(&file).await.exits(4);
    assert_eq!(world.ours()[0].roles.len(), 6);

    let refused = world.crosspull(["forget", "shop-vnet", "--yes"]).await.exits(2);
    shown!(world, refused.stderr, @"
    crosspull: could not forget shop-vnet: what it made exists in the tenants
               (registry role, carry over, identity, registration, consent).
               `crosspull undo` takes that back first
    ");
    let asked = world.crosspull(["undo", "shop-vnet"]).await.exits(2);
    shown!(world, asked.stderr, @"
    crosspull: could not take it back without your yes. Nothing was changed; --yes
               confirms it
    ");
    assert_eq!(world.ours()[0].roles.len(), 6, "nothing was taken back");

    let out = world.crosspull(["undo", "shop-vnet", "--yes"]).await.exits(0);
    shown!(world, out.stdout, @"
    TIME  secret          is being taken back
    TIME  secret          taken back
    TIME  registry role   is being taken back
    TIME  registry role   taken back
    TIME  carry over      is being taken back
    TIME  carry over      taken back
    TIME  identity        is being taken back
    TIME  identity        taken back
    TIME  registration    is being taken back
    TIME  registration    taken back
    TIME  consent         is being taken back
    TIME  consent         taken back
    TIME  setup           taken back: nothing of it is left in either tenant
    The deleted app stays in the cluster tenant's recycle bin for 30 days.
    ");
    world.assert_nothing_left();
    assert_eq!((world.ours().len(), world.labelled_keys().len()), (1, 0), "one app, in the recycle bin");
    world.crosspull(["undo", "shop-vnet", "--yes"]).await.exits(2);
    world.crosspull(["forget", "shop-vnet", "--yes"]).await.exits(0).says("shop-vnet is forgotten.");
    world.crosspull(["list"]).await.exits(0).says("There are no setups on this machine.");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_cluster_has_is_not_taken_back_nor_forgotten() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    world.apply_file(&file).await.exits(0);
    let refused = world.crosspull(["undo", "shop-prod", "--yes"]).await.exits(2);
    shown!(world, refused.stderr, @"
    crosspull: could not take it back: its cluster has the new app, or may have it.
               Going back would replace every node again, with a new secret on the
               old app; crosspull does not do that. Nothing was changed
    ");
    let refused = world.crosspull(["forget", "shop-prod", "--yes"]).await.exits(2);
    shown!(world, refused.stderr, @"
    crosspull: could not forget shop-prod: its cluster has the app that it made.
               These records tell which key that is and what belongs together; the
               renewal needs them
    ");
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn setups_are_looked_at_without_asking_anybody() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    world.apply_file(&file).await.exits(0);
    let asked = world.sim.requests().len();
    let look = async |args: &[&str]| world.crosspull(args.iter().copied()).await.exits(0);
    shown!(world, look(&["list"]).await.stdout, @"
    shop-prod                           connected           DATE TIME UTC
      shop-prod to localhost:PORT
      UUID
    ");
    shown!(world, look(&["show", "shop-prod"]).await.stdout, @"
    shop-prod  connected

    setup            UUID
    cluster tenant   Contoso, contoso.example, 11111111-aaaa-4000-8000-000000000001
    registry tenant  Fabrikam, fabrikam.example,
                     22222222-bbbb-4000-8000-000000000001
    cluster          /subscriptions/11111111-aaaa-4000-8000-0000000000a1/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/shop-prod
    registry         localhost:PORT
    image            shop/web:1.4
    digest           sha256:DIGEST
    app              UUID
    begun            DATE TIME UTC
    last change      DATE TIME UTC
    renew by         DATE

      1  registration    done              DATE TIME UTC
      2  identity        done              DATE TIME UTC
      3  carry over      done              DATE TIME UTC
      4  consent         done              DATE TIME UTC
      5  registry role   done              DATE TIME UTC
      6  secret          done              DATE TIME UTC
      7  probe           done              DATE TIME UTC
      8  cluster update  done              DATE TIME UTC
      9  proof           done              DATE TIME UTC
     10  sweep           done              DATE TIME UTC

    key UUID  cluster  until DATE  in the cluster

    What was done, to keep for both companies:
    crosspull report shop-prod OPTIONS
    ");
    shown!(world, look(&["report", "shop-prod"]).await.stdout, @r#"
    # shop-prod: connected

    |  |  |
    |---|---|
    | setup | UUID |
    | cluster tenant | Contoso, contoso.example, 11111111-aaaa-4000-8000-000000000001 |
    | registry tenant | Fabrikam, fabrikam.example, 22222222-bbbb-4000-8000-000000000001 |
    | cluster | /subscriptions/11111111-aaaa-4000-8000-0000000000a1/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/shop-prod |
    | registry | /subscriptions/22222222-bbbb-4000-8000-0000000000a1/resourceGroups/images/providers/Microsoft.ContainerRegistry/registries/fabrikamimages |
    | login server | localhost:PORT |
    | image | shop/web:1.4 |
    | digest | sha256:DIGEST |
    | app (client) id | UUID |
    | route | new-app: a new app became the cluster's identity |
    | begun | DATE TIME UTC |
    | last change | DATE TIME UTC |

    ## Objects

    | tenant | what | name | object id |  |
    |---|---|---|---|---|
    | cluster | app registration | crosspull shop-prod | UUID | made |
    | cluster | service principal | crosspull shop-prod | UUID | made |
    | registry | service principal | crosspull shop-prod | UUID | made |

    ## Role assignments

    | tenant | role | scope | assignment |  |
    |---|---|---|---|---|
    | cluster | Contributor | /subscriptions/11111111-aaaa-4000-8000-0000000000a1/resourceGroups/MC_shop_shop-prod_westeurope | UUID | made |
    | registry | AcrPull | /subscriptions/22222222-bbbb-4000-8000-0000000000a1/resourceGroups/images/providers/Microsoft.ContainerRegistry/registries/fabrikamimages | UUID | made |

    ## Keys

    Secrets are not part of this report, and crosspull keeps none.

    | key id | for | ends | state |
    |---|---|---|---|
    | UUID | cluster | DATE TIME UTC | sent to the cluster |

    ## Renewal

    **Renew the cluster's key by DATE.** It ends on DATE; after that the cluster cannot pull, scale or change load balancers and disks. The renewal replaces every node again.

    ```bash
    az login --tenant 11111111-aaaa-4000-8000-000000000001
    SECRET=$(az ad app credential reset --id UUID --append --display-name renewed --end-date DATE --query password --output tsv)
    az aks update-credentials --subscription 11111111-aaaa-4000-8000-0000000000a1 --resource-group shop --name shop-prod --reset-service-principal --service-principal UUID --client-secret="$SECRET"
    unset SECRET
    ```

    The Azure CLI takes the secret as an argument, so run this where nobody else can list processes. Remove the old key when every pool shows Succeeded:

    ```bash
    az ad app credential delete --id UUID --key-id UUID
    ```

    ## Proof

    `localhost:PORT/shop/web:1.4` was pulled with the app's own key: `sha256:DIGEST`.

    It was pulled inside the cluster by pods on: system, web.

    ## Steps

    | step | state | begun | done |
    |---|---|---|---|
    | registration | done | DATE TIME UTC | DATE TIME UTC |
    | identity | done | DATE TIME UTC | DATE TIME UTC |
    | carry over | done | DATE TIME UTC | DATE TIME UTC |
    | consent | done | DATE TIME UTC | DATE TIME UTC |
    | registry role | done | DATE TIME UTC | DATE TIME UTC |
    | secret | done | DATE TIME UTC | DATE TIME UTC |
    | probe | done | DATE TIME UTC | DATE TIME UTC |
    | cluster update | done | DATE TIME UTC | DATE TIME UTC |
    | proof | done | DATE TIME UTC | DATE TIME UTC |
    | sweep | done | DATE TIME UTC | DATE TIME UTC |
    "#);

    assert_eq!(world.sim.requests().len(), asked, "nobody was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_can_look_at_setups_too() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    world.apply_file(&file).await.exits(0);
    let look = async |args: &[&str]| world.crosspull(args.iter().copied()).await.exits(0);
    let list = look(&["list", "--json"]).await.objects();
    assert_eq!(
        (list.len(), list[0]["name"].as_str(), list[0]["state"].as_str()),
        (1, Some("shop-prod"), Some("connected"))
    );
    let id = list[0]["setup"].as_str().unwrap();
    let app = world.ours()[0].app_id.to_string();
    for command in ["show", "report"] {
        let report = look(&[command, id, "--json"]).await.objects();
        assert_eq!(report.len(), 1);
        assert_eq!(
            (report[0]["state"].as_str(), report[0]["app_id"].as_str()),
            (Some("connected"), Some(app.as_str()))
        );
    }
}
