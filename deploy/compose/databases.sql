-- Makes the databases and roles that are missing and sets the roles' passwords; run by psql as
-- superuser, as often as one likes. The rights are those of `cargo xtask up`
-- (xtask/src/databases.rs); a test compares the two.
\set ON_ERROR_STOP on

\set database auth
\getenv owner_password AUTH_OWNER_PASSWORD
\getenv app_password AUTH_APP_PASSWORD
\ir database.sql

\set database project
\getenv owner_password PROJECT_OWNER_PASSWORD
\getenv app_password PROJECT_APP_PASSWORD
\ir database.sql

\set database ticket
\getenv owner_password TICKET_OWNER_PASSWORD
\getenv app_password TICKET_APP_PASSWORD
\ir database.sql

\set database reporting
\getenv owner_password REPORTING_OWNER_PASSWORD
\getenv app_password REPORTING_APP_PASSWORD
\ir database.sql

\set database sla
\getenv owner_password SLA_OWNER_PASSWORD
\getenv app_password SLA_APP_PASSWORD
\ir database.sql

\set database notifier
\getenv owner_password NOTIFIER_OWNER_PASSWORD
\getenv app_password NOTIFIER_APP_PASSWORD
\ir database.sql
