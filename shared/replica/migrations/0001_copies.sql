-- Copies of what auth and project own. The highest sequence wins; nothing points here by foreign
-- key, since a copy may be late.

CREATE TABLE replica_users (
    id                bigint PRIMARY KEY,
    name              text NOT NULL,
    email             text NOT NULL,
    role              text NOT NULL,
    is_active         boolean NOT NULL,
    email_verified_at timestamptz,
    deleted           boolean NOT NULL DEFAULT false,
    sequence          bigint NOT NULL
);

-- The account of an address: a customer's link to what was filed for it.
CREATE INDEX replica_users_by_email ON replica_users (email) WHERE NOT deleted;

CREATE TABLE replica_projects (
    id        bigint PRIMARY KEY,
    name      text NOT NULL,
    slug      text NOT NULL,
    prefix    text NOT NULL,
    is_active boolean NOT NULL,
    deleted   boolean NOT NULL DEFAULT false,
    sequence  bigint NOT NULL
);

CREATE TABLE replica_memberships (
    project_id bigint NOT NULL,
    user_id    bigint NOT NULL,
    is_lead    boolean NOT NULL,
    is_member  boolean NOT NULL,
    sequence   bigint NOT NULL,
    PRIMARY KEY (project_id, user_id)
);

-- A user's projects: an agent's scope.
CREATE INDEX replica_memberships_by_user ON replica_memberships (user_id, project_id) WHERE is_member;
