//! Where a document is plainly wrong: each point by name, with the reason. Nothing else is let through.

use super::Violation;

/// One point.
struct LeftOut {
    /// The operation's name, or its beginning before a `*`.
    operation: &'static str,
    /// As [`Violation::part`], or its beginning before a `*`.
    part: &'static str,
    /// As [`Violation::place`]; `*` stands for one segment.
    place: &'static str,
    /// What the reason has to hold.
    reason: &'static str,
    why: &'static str,
}

const LEFT_OUT: &[LeftOut] = &[
    LeftOut {
        operation: "Added_OperationStatus",
        part: "request query",
        place: "",
        reason: "Unevaluated properties are not allowed ('c', 't' were unexpected)",
        why: "written for this set with api-version alone; Azure's own addresses carry a time and a seal",
    },
    LeftOut {
        operation: "*",
        part: "request query",
        place: "",
        reason: "Unevaluated properties are not allowed ('$skiptoken' was unexpected)",
        why: "a link to a next page is the service's own; no document says what it carries",
    },
    LeftOut {
        operation: "ManagedClusters_Get",
        part: "response 200",
        place: "/properties",
        reason: "Unevaluated properties are not allowed ('nodeDisruptionProfile' was unexpected)",
        why: "the document is of a stable version; only preview versions have the policy, and one of them is asked",
    },
    LeftOut {
        operation: "ManagedClusters_GetCommandResult",
        part: "response 202",
        place: "",
        reason: "there is a body",
        why: "the Azure CLI's poller reads the state in the body of a 202, and gives up where there is none",
    },
    LeftOut {
        operation: "ManagedClusters_*",
        part: "response 409",
        place: "",
        reason: "Unevaluated properties are not allowed ('code', 'details', 'message', 'subcode' were unexpected)",
        why: "AKS answers some conflicts flat, without an `error` around what it says",
    },
    LeftOut {
        operation: "directory.restore",
        part: "response 200",
        place: "",
        reason: "Unevaluated properties are not allowed ('addIns', 'api', 'appId', 'appRoles'",
        why: "declared as any directory object; what comes back is the application, with all that one has",
    },
    LeftOut {
        operation: "ContainerRegistry_GetManifest",
        part: "response 200",
        place: "",
        reason: "Unevaluated properties are not allowed ('manifests', 'mediaType' were unexpected)",
        why: "declared as the manifest of one platform; an image of several has an index, in the format that was asked for",
    },
    LeftOut {
        operation: "policies.GetAuthorizationPolicy",
        part: "response 200",
        place: "",
        reason: "Unevaluated properties are not allowed ('allowEmailVerifiedUsersToJoinOrganization' was unexpected)",
        why: "the v1.0 reference page has it; the metadata that the schema was made from lacks it",
    },
    LeftOut {
        operation: "authorizeV2",
        part: "request query",
        place: "",
        reason: "Unevaluated properties are not allowed ('claims', 'nonce' were unexpected)",
        why: "both are parameters of OpenID Connect that Entra takes; the claims request is how a client says CP1",
    },
    LeftOut {
        operation: "token",
        part: "request body",
        place: "",
        reason: "Unevaluated properties are not allowed ('claims' was unexpected)",
        why: "Microsoft's page on claims challenges has clients send it; MSAL does",
    },
    LeftOut {
        operation: "token",
        part: "request body",
        place: "",
        reason: "Unevaluated properties are not allowed ('client_assertion', 'client_assertion_type' were unexpected)",
        why: "written for a client with a secret; Entra's page on certificate credentials has both",
    },
    LeftOut {
        operation: "deviceCode",
        part: "request body",
        place: "",
        reason: "Unevaluated properties are not allowed ('claims' was unexpected)",
        why: "as for the token endpoint: MSAL sends it with a device code, too",
    },
    LeftOut {
        operation: "token",
        part: "response 200",
        place: "",
        reason: "Unevaluated properties are not allowed ('foci' was unexpected)",
        why: "Entra marks Microsoft's own clients of one family so; no public document names it",
    },
];

/// Whether a violation is one of these points.
pub(super) fn covers(violation: &Violation) -> bool {
    LEFT_OUT.iter().any(|one| {
        debug_assert!(!one.why.is_empty());
        fits(one.operation, &violation.operation)
            && fits(one.part, &violation.part)
            && one.place.split('/').count() == violation.place.split('/').count()
            && one.place.split('/').zip(violation.place.split('/')).all(|(held, given)| held == "*" || held == given)
            && violation.reason.contains(one.reason)
    })
}

fn fits(held: &str, given: &str) -> bool {
    held.strip_suffix('*').map_or(held == given, |start| given.starts_with(start))
}
