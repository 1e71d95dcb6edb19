//! Step 9: the proof. The cluster names the app, every pool is at rest, the pull works once more; and, where commands may be
//! run inside the cluster, one pod on each Linux pool pulls the image with what its node has.

use super::{
    Steps, cluster_update, consent,
    fault::{fault, refused},
    probe,
    together::try_all,
};
use crate::{
    azure::aks::{AgentPool, ClusterClient, CommandState},
    domain::{
        Output, StepId,
        facts::{PoolProof, Proven, Pulled},
        problem::ProblemKind,
    },
    engine::{Fault, StepContext, context::missing, wait::Look},
};

pub(super) async fn apply(steps: &Steps, cx: &StepContext) -> Result<Output, Fault> {
    let app_id = super::app_id(cx)?;
    let (cluster, pulled) = tokio::try_join!(cluster_update::read_recent(steps, cx), pull_again(steps, cx))?;
    if cluster.client != ClusterClient::ServicePrincipal(app_id) {
        return Err(refused(ProblemKind::Azure, "prove the setup", "the cluster names another app"));
    }
    let pools = try_all(cluster.pools.iter().map(|pool| prove(steps, cx, pool, &pulled))).await?;
    Ok(Output::Proof(Proven { pulled, pools }))
}

/// With the key's text gone, the pull that was proven before the update has to do: it was the same key.
async fn pull_again(steps: &Steps, cx: &StepContext) -> Result<Pulled, Fault> {
    let facts = cx.facts();
    let key = facts.key_of(StepId::Secret).ok_or_else(|| missing("the key"))?;
    if steps.texts.holds(key.id) {
        return probe::pull(steps, cx).await;
    }
    // What can be seen without the text has to be as it was then.
    consent::expect_enabled(steps, cx).await?;
    facts.probe().cloned().ok_or_else(|| missing("the pull test's result"))
}

async fn prove(steps: &Steps, cx: &StepContext, pool: &AgentPool, pulled: &Pulled) -> Result<PoolProof, Fault> {
    let proof = |nodes_proven, why_not: Option<String>| PoolProof {
        pool: pool.name.clone(),
        nodes: pool.count,
        nodes_proven,
        why_not,
    };
    if !pool.running() || pool.count == 0 {
        return Ok(proof(
            false,
            Some("it has no running node; its nodes keep the old credential until they are replaced".to_owned()),
        ));
    }
    if !pool.os_type.eq_ignore_ascii_case("Linux") {
        return Ok(proof(false, Some("only Linux pools are tried".to_owned())));
    }
    if !cx.plan()?.cluster.run_command {
        return Ok(proof(false, Some("no command may be run inside the cluster from here".to_owned())));
    }
    match pull_inside(steps, cx, pool, pulled).await {
        Ok(None) => Ok(proof(true, None)),
        Ok(Some(why_not)) => Ok(proof(false, Some(why_not))),
        Err(fault) if fault.is_interrupted() => Err(fault),
        // An extra: what it cannot show is said, and stops nothing.
        Err(fault) => Ok(proof(false, Some(fault.problem.to_string()))),
    }
}

/// Runs one pod on the pool that pulls the image anew. `None`: its node could.
async fn pull_inside(
    steps: &Steps,
    cx: &StepContext,
    pool: &AgentPool,
    pulled: &Pulled,
) -> Result<Option<String>, Fault> {
    let plan = cx.plan()?;
    let arm = &steps.cluster.arm;
    let command = command(&pool.name, pulled, cx);
    let started = cx
        .wait
        .call("run a command inside the cluster", || async {
            arm.run_command(&plan.cluster.id, &command, None).await.map_err(fault)
        })
        .await?;
    let result = match (started.result, started.location) {
        (Some(result), _) if result.state != CommandState::Running => result,
        (_, Some(location)) => {
            cx.wait
                .operation(&format!("a pull on pool {}", pool.name), || async {
                    match arm.command_result(&location).await {
                        Ok(result) if result.state == CommandState::Running => Ok(Look::not_yet("running")),
                        Ok(result) => Ok(Look::Ready(result)),
                        Err(error) => Err(fault(error)),
                    }
                })
                .await?
        }
        (_, None) => return Ok(Some("Azure did not say where to ask for the result".to_owned())),
    };
    if result.state == CommandState::Failed {
        let reason = result.reason.unwrap_or_else(|| "no reason given".to_owned());
        return Ok(Some(format!("the command could not be run: {reason}")));
    }
    Ok(match result.exit_code {
        Some(0) => None,
        _ => Some(format!("a pod there did not get the image: {}", last_line(&result.logs))),
    })
}

/// A pod with a name of its own, bound to the pool, that must pull; it is removed again whatever came of it.
fn command(pool: &str, pulled: &Pulled, cx: &StepContext) -> String {
    let image = pulled.image.split_once('@').map_or(pulled.image.as_str(), |(image, _)| image);
    let image = match &pulled.digest {
        Some(digest) => {
            let name = image.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(image, |(name, _)| name);
            format!("{name}@{digest}")
        }
        None => pulled.image.clone(),
    };
    let pod = format!("crosspull-{}-{pool}", &cx.setup().to_string()[..8]);
    let selector = format!(
        r#"{{"spec":{{"nodeSelector":{{"kubernetes.azure.com/agentpool":"{pool}"}},"tolerations":[{{"operator":"Exists"}}]}}}}"#
    );
    format!(
        "kubectl delete pod {pod} --ignore-not-found --wait=true >/dev/null; \
         kubectl run {pod} --image={image} --image-pull-policy=Always --restart=Never \
         --overrides='{selector}' >/dev/null && \
         for i in $(seq 1 40); do \
         id=$(kubectl get pod {pod} -o jsonpath='{{.status.containerStatuses[0].imageID}}'); \
         why=$(kubectl get pod {pod} -o jsonpath='{{.status.containerStatuses[0].state.waiting.reason}}'); \
         if [ -n \"$id\" ]; then break; fi; \
         case \"$why\" in ErrImagePull|ImagePullBackOff) break;; esac; sleep 3; done; \
         kubectl delete pod {pod} --wait=false >/dev/null; \
         if [ -n \"$id\" ]; then echo pulled; else echo \"not pulled: $why\"; exit 1; fi"
    )
}

fn last_line(logs: &str) -> &str {
    logs.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it printed nothing")
}
