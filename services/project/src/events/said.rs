//! What project says of its projects, their agents and keys: always the whole state.

use desk_events::{
    Aggregate, AggregateKind, ApiKeyState, Fact, MembershipState, NewEvent, ProjectState,
};

use crate::{
    domain::project::Project,
    store::{keys::ApiKey, memberships::Membership},
};

/// A project was made.
pub fn project_created(project: &Project) -> NewEvent {
    about(
        project,
        Fact::ProjectCreated(Box::new(project_state(project))),
    )
}

/// A project changed, or was enabled or disabled.
pub fn project_updated(project: &Project) -> NewEvent {
    about(
        project,
        Fact::ProjectUpdated(Box::new(project_state(project))),
    )
}

/// A project was soft-deleted.
pub fn project_deleted(project: &Project) -> NewEvent {
    about(
        project,
        Fact::ProjectDeleted(Box::new(project_state(project))),
    )
}

/// An agent joined, left, or became or ceased to be a lead.
pub fn membership(place: &Membership) -> NewEvent {
    NewEvent {
        aggregate: Aggregate {
            kind: AggregateKind::Membership,
            id: place.id,
        },
        sequence: place.sequence,
        occurred_at: place.updated_at,
        fact: Fact::ProjectMembership(Box::new(membership_state(place))),
    }
}

/// A key was made or revoked.
pub fn key(key: &ApiKey) -> NewEvent {
    let state = ApiKeyState {
        id: key.id,
        project_id: key.project_id,
        name: key.name.clone(),
        revoked_at: key.revoked_at,
    };
    NewEvent {
        aggregate: Aggregate {
            kind: AggregateKind::ApiKey,
            id: key.id,
        },
        sequence: key.sequence,
        occurred_at: key.updated_at,
        fact: Fact::ProjectKey(Box::new(state)),
    }
}

/// A project's shareable state.
pub fn project_state(project: &Project) -> ProjectState {
    ProjectState {
        id: project.id,
        name: project.name.clone(),
        slug: project.slug.clone(),
        prefix: project.prefix.clone(),
        is_active: project.is_active,
        deleted: project.deleted_at.is_some(),
    }
}

/// A place's shareable state.
pub fn membership_state(place: &Membership) -> MembershipState {
    MembershipState {
        project_id: place.project_id,
        user_id: place.user_id,
        is_lead: place.is_lead,
        is_member: place.is_member,
    }
}

fn about(project: &Project, fact: Fact) -> NewEvent {
    NewEvent {
        aggregate: Aggregate {
            kind: AggregateKind::Project,
            id: project.id,
        },
        sequence: project.sequence,
        occurred_at: project.updated_at,
        fact,
    }
}
