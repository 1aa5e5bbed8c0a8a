-- The rights of the serving role. It owns nothing: it can read and add events, but never change or remove them.
-- `oprecord init --grant-to ROLE` sets :role. To run it by hand: psql -v role=ROLE -f grant_serving_role.sql
GRANT USAGE ON SCHEMA public TO :"role";
GRANT SELECT ON alembic_version TO :"role";
GRANT SELECT, INSERT, UPDATE ON heads TO :"role";
GRANT SELECT, INSERT ON events TO :"role";
GRANT SELECT, INSERT, DELETE ON declared_returns, entries, match_candidates, participants, ruled_out, totals_snapshots TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON totals TO :"role";
GRANT SELECT, INSERT, UPDATE (last_used_at), DELETE ON sessions TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON drafts TO :"role";
GRANT SELECT, INSERT, UPDATE (used_at) ON sign_in_links TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON account_sign_ins TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON confirmed_mappings, sent_files, uploads TO :"role";
-- Policies on the table limit which credentials the service can issue, and let it only revoke.
GRANT SELECT, INSERT, UPDATE (revoked_at) ON credentials TO :"role";
GRANT SELECT, INSERT ON registered_forces TO :"role";
