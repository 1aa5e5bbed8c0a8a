#!/bin/sh
# Creates the role that the service connects as. `oprecord init --grant-to oprecord_serving` then grants it its few
# rights on each table. It owns nothing, so it cannot change or remove recorded events.
# The database container runs this script once, when its volume is empty. Run again, it only sets a new password.
# Requires POSTGRES_USER and POSTGRES_DB (the owner and its database) and OPRECORD_SERVING_PASSWORD.
set -eu
: "${OPRECORD_SERVING_PASSWORD:?}"

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\getenv password OPRECORD_SERVING_PASSWORD
SELECT 'CREATE ROLE oprecord_serving LOGIN'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'oprecord_serving')
\gexec
ALTER ROLE oprecord_serving LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
-- By default every role can connect to a new database and create temporary tables in it. Only these two roles need to.
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO oprecord_serving', current_database()) \gexec
SQL
