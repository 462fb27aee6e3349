-- Files that insights show or offer. The bytes lie in the object store under their checksum.

CREATE TABLE attachments (
  id uuid NOT NULL,
  owner_id integer,                        -- who brought it; none: nobody who is still here, or no sign-in
  name varchar(255) NOT NULL,
  media_type varchar(100) NOT NULL,        -- found by looking at the bytes
  size integer NOT NULL,                   -- in bytes
  sha256 bytea NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL,
  CONSTRAINT pk_attachments PRIMARY KEY (id),
  CONSTRAINT fk_attachments_owner_id FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE SET NULL,
  CONSTRAINT ck_attachments_size CHECK (size > 0),
  CONSTRAINT ck_attachments_sha256 CHECK (octet_length(sha256) = 32)
);
CREATE INDEX ix_attachments_owner_id ON attachments (owner_id);
CREATE INDEX ix_attachments_sha256 ON attachments (sha256);

-- Which insights mention a file, or did: whoever sees one of them sees the file. Kept by the database, whoever writes.
-- An insight in the trash keeps its own; they go when it is purged. A file is removed when nothing mentions it: whoever
-- mentions it at that moment waits, and then finds it gone or keeps it.
CREATE TABLE insight_attachments (
  insight_id integer NOT NULL,             -- no reference: the insight may lie in the trash
  attachment_id uuid NOT NULL,
  CONSTRAINT pk_insight_attachments PRIMARY KEY (insight_id, attachment_id),
  CONSTRAINT fk_insight_attachments_attachment_id FOREIGN KEY (attachment_id) REFERENCES attachments (id) ON DELETE CASCADE
);
CREATE INDEX ix_insight_attachments_attachment_id ON insight_attachments (attachment_id);

CREATE FUNCTION attach_mentioned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO insight_attachments (insight_id, attachment_id)
  SELECT NEW.id, a.id
  FROM regexp_matches(NEW.content, '/attachments/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})', 'g') AS found(parts)
  JOIN attachments a ON a.id = CAST(found.parts[1] AS uuid)
  FOR KEY SHARE OF a
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER attach_insert AFTER INSERT ON insights FOR EACH ROW
  WHEN (NEW.content LIKE '%/attachments/%') EXECUTE FUNCTION attach_mentioned();
CREATE TRIGGER attach_update AFTER UPDATE OF content ON insights FOR EACH ROW
  WHEN (NEW.content LIKE '%/attachments/%' AND NEW.content IS DISTINCT FROM OLD.content) EXECUTE FUNCTION attach_mentioned();

CREATE FUNCTION detach_purged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM insight_attachments ia USING gone
  WHERE ia.insight_id = gone.id
    AND NOT EXISTS (SELECT FROM insights i WHERE i.id = gone.id)
    AND NOT EXISTS (SELECT FROM insight_trash t WHERE t.id = gone.id);
  RETURN NULL;
END $$;
CREATE TRIGGER detach_deleted AFTER DELETE ON insights
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION detach_purged();
CREATE TRIGGER detach_purged AFTER DELETE ON insight_trash
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION detach_purged();
