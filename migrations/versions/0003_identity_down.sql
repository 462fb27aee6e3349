DROP TABLE audit_log;
DROP FUNCTION audit_keep_partitions, audit_append_only;
DROP SCHEMA audit;
DROP FUNCTION tags_seen, insight_cells_seen;
DROP INDEX ix_insights_owner_drafts;
ALTER TABLE insights DROP COLUMN owner_id;
DROP TABLE recovery_codes, external_identities, one_time_links, api_tokens, sessions, users;
