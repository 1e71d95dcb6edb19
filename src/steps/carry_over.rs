//! Step 3: the new principal gets the role assignments that the cluster's present one has. Without them the cluster would
//! lose what it manages (load balancers, disks, subnets), hours after the update.

use super::{
    Steps,
    fault::{fault, yet},
    together::try_all,
};
use crate::{
    azure::rbac::{AssignmentFilter, Condition, NewAssignment, assignment_name},
    domain::{ObjectId, Output, facts::Given, plan::CarryLine},
    engine::{Check, Fault, StepContext, context::missing},
};

pub(super) async fn check(steps: &Steps, cx: &StepContext) -> Result<Check, Fault> {
    let (plan, facts) = (cx.plan()?, cx.facts());
    let principal = facts.identity().ok_or_else(|| missing("the app's principal"))?.object_id;
    let known = facts.carried();
    let looks = plan.carry_over.iter().filter(|line| line.carry).map(|line| async move {
        let ours = assignment_name(cx.setup(), &line.scope, principal, line.role);
        let name = known
            .iter()
            .find(|given| given.role == line.role && given.scope.eq_ignore_ascii_case(&line.scope))
            .map_or(ours, |given| given.name);
        steps.cluster.arm.role_assignment(&line.scope, name).await.map(|found| found.is_some()).map_err(fault)
    });
    let found = try_all(looks).await?;
    Ok(if found.into_iter().all(|there| there) {
        Check::There(Output::CarryOver { given: known.to_vec() })
    } else {
        Check::Absent
    })
}

pub(super) async fn apply(steps: &Steps, cx: &StepContext) -> Result<Output, Fault> {
    let (plan, facts) = (cx.plan()?, cx.facts());
    let principal = facts.identity().ok_or_else(|| missing("the app's principal"))?.object_id;
    let taken = plan.carry_over.iter().filter(|line| line.carry);
    let given = try_all(taken.map(|line| give(steps, cx, principal, line))).await?;
    Ok(Output::CarryOver { given })
}

async fn give(steps: &Steps, cx: &StepContext, principal: ObjectId, line: &CarryLine) -> Result<Given, Fault> {
    let new = NewAssignment {
        role: line.role,
        principal,
        condition: line.condition.as_ref().map(|text| Condition {
            text: text.clone(),
            version: line.condition_version.clone().unwrap_or_else(|| "2.0".to_owned()),
        }),
        description: Some(format!(
            "Carried over from the cluster's earlier identity by crosspull, setup {}",
            cx.setup()
        )),
    };
    assign(&steps.cluster, cx, &line.scope, &new, &line.role_name).await
}

/// Gives a role by a name of our own, so that any number of tries makes one assignment. An equal one that is there under
/// another name serves as well, and is not ours.
pub(super) async fn assign(
    tenant: &crate::azure::TenantClients,
    cx: &StepContext,
    scope: &str,
    new: &NewAssignment,
    role_name: &str,
) -> Result<Given, Fault> {
    let name = assignment_name(cx.setup(), scope, new.principal, new.role);
    let arm = &tenant.arm;
    let given = |name, was_there| Given {
        scope: scope.to_owned(),
        role: new.role,
        role_name: role_name.to_owned(),
        name,
        was_there,
        condition: new.condition.as_ref().map(|condition| condition.text.clone()),
    };
    let put = cx
        .wait
        .visible("Resource Manager to know the new principal", cx.wait.pace().graph_window, || async {
            match arm.put_role_assignment(scope, name, new).await {
                Err(error) if error.role_assignment_exists() => Ok(crate::engine::wait::Look::Ready(None)),
                other => yet(other.map(Some), super::super::azure::error::Error::not_replicated),
            }
        })
        .await?;
    if put.is_some() {
        return Ok(given(name, false));
    }
    let there = cx
        .wait
        .call("look for the role assignment that is there", || async {
            arm.role_assignments(scope, AssignmentFilter::PrincipalId(new.principal)).all(10_000).await.map_err(fault)
        })
        .await?
        .into_iter()
        .find(|there| there.role == Some(new.role) && there.given_at(scope));
    Ok(there.map_or_else(|| given(name, false), |there| given(there.name, there.name != name)))
}

pub(super) async fn undo(steps: &Steps, cx: &StepContext, given: &[Given]) -> Result<(), Fault> {
    let ours = given.iter().filter(|given| !given.was_there).map(|given| async move {
        let delete = || async {
            steps.cluster.arm.delete_role_assignment(&given.scope, given.name).await.map(|_| ()).map_err(fault)
        };
        cx.wait.call("take a role assignment back", delete).await
    });
    try_all(ours).await.map(|_| ())
}
