//! Step 3: the new principal gets the role assignments that the cluster's present one has. Without them the cluster would
//! lose what it manages (load balancers, disks, subnets), hours after the update.

use super::{
    Steps,
    fault::{fault, yet},
    together::try_all,
};
use crate::{
    azure::{
        self,
        rbac::{AssignmentFilter, Condition, NewAssignment, RoleAssignment, assignment_name},
    },
    domain::{ObjectId, Output, facts::Given, plan::CarryLine},
    engine::{Check, Fault, StepContext, context::missing, wait::Look, work::Taken},
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
        let found = steps.cluster.arm.role_assignment(&line.scope, name).await.map_err(fault)?;
        // An assignment outlives its principal: one whose principal was made anew gives nothing.
        Ok(found.filter(|found| found.principal_id == principal).map(|found| (line, found)))
    });
    let found: Vec<Option<(&CarryLine, RoleAssignment)>> = try_all(looks).await?;
    if known.is_empty() && found.iter().any(Option::is_some) {
        // Begun, and not answered: what is there under our names is ours.
        let given = found.into_iter().flatten().map(|(line, there)| Given {
            scope: line.scope.clone(),
            role: line.role,
            role_name: line.role_name.clone(),
            name: there.name,
            was_there: false,
            condition: line.condition.clone(),
        });
        return Ok(Check::There(Output::CarryOver { given: given.collect() }));
    }
    Ok(if found.iter().all(Option::is_some) {
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
        .visible("Resource Manager to know the new app", cx.wait.pace().graph_window, || async {
            match arm.put_role_assignment(scope, name, new).await {
                Err(error) if error.role_assignment_exists() => Ok(Look::Ready(None)),
                other => yet(other.map(Some), azure::Error::not_replicated),
            }
        })
        .await?;
    if put.is_some() {
        return Ok(given(name, false));
    }
    let same = |there: &RoleAssignment| there.role == Some(new.role) && there.given_at(scope);
    let there = cx
        .wait
        .visible("the role assignment that is there to show", cx.wait.pace().graph_window, || async {
            let all = arm.role_assignments(scope, AssignmentFilter::PrincipalId(new.principal)).all(10_000).await;
            Ok(match all.map_err(fault)?.into_iter().find(same) {
                Some(there) => Look::Ready(there),
                None => Look::not_yet("not listed yet"),
            })
        })
        .await?;
    Ok(given(there.name, there.name != name))
}

pub(super) async fn undo(steps: &Steps, cx: &StepContext, given: &[Given]) -> Result<Taken, Fault> {
    let ours = given.iter().filter(|given| !given.was_there).map(|given| async move {
        let delete =
            || async { steps.cluster.arm.delete_role_assignment(&given.scope, given.name).await.map_err(fault) };
        cx.wait.call("take a role assignment back", delete).await
    });
    Ok(Taken::of(try_all(ours).await?.into_iter().all(|found| found)))
}
