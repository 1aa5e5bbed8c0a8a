#!/bin/sh
# Creates the role that the service connects as. `oprecord init --grant-to oprecord_serving` then gives it its few
# rights on each table; it owns nothing, so it can neither change nor remove what has been recorded.
# The database container runs this once, when its volume is empty. Run again, it only sets the password anew.
# Wants POSTGRES_USER and POSTGRES_DB (the owner and its database) and OPRECORD_SERVING_PASSWORD.
set -eu
: "${OPRECORD_SERVING_PASSWORD:?}"

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\getenv password OPRECORD_SERVING_PASSWORD
SELECT 'CREATE ROLE oprecord_serving LOGIN'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'oprecord_serving')
\gexec
ALTER ROLE oprecord_serving LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
-- Everyone may connect to a new database and fill it with temporary tables; only these two roles need it.
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO oprecord_serving', current_database()) \gexec
SQL
