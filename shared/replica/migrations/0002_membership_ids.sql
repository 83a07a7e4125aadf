-- A membership's own id: the aggregate of its events, by which the reconciler compares. Null while
-- the place is known from an owner that did not tell it.
ALTER TABLE replica_memberships ADD COLUMN id bigint;

-- Compare: some memberships by id.
CREATE INDEX replica_memberships_by_id ON replica_memberships (id) WHERE id IS NOT NULL;
