-- Imports that were uploaded: tried out and run by the worker, watched in the browser. Kept for some days.

CREATE TABLE import_runs (
  id uuid NOT NULL,
  owner_id integer,                        -- who uploaded it; none: no sign-in
  format varchar(20) NOT NULL,
  file_name varchar(255) NOT NULL,
  file bytea NOT NULL,
  status varchar(20) NOT NULL,             -- of new insights whose row names none
  dry_run boolean DEFAULT true NOT NULL,
  state varchar(20) DEFAULT 'waiting' NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,     -- how often a worker took it up since somebody asked for it
  position bigint DEFAULT 0 NOT NULL,      -- how much of the file is done, and of how much
  total bigint DEFAULT 0 NOT NULL,
  stored bigint DEFAULT 0 NOT NULL,        -- rows that were made or changed, in all attempts; told with each batch
  report jsonb DEFAULT '{}' NOT NULL,      -- counts, notes, and the rows that need a look
  created_at timestamptz DEFAULT now() NOT NULL,
  heard_at timestamptz,                    -- when whoever runs it was last heard of
  finished_at timestamptz,
  CONSTRAINT pk_import_runs PRIMARY KEY (id),
  CONSTRAINT fk_import_runs_owner_id FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT ck_import_runs_state CHECK (state IN ('waiting', 'running', 'done', 'failed'))
);
ALTER TABLE import_runs ALTER COLUMN file SET STORAGE EXTERNAL;
CREATE INDEX ix_import_runs_owner_id ON import_runs (owner_id, created_at DESC);
CREATE INDEX ix_import_runs_open ON import_runs (created_at) WHERE state = 'waiting' OR state = 'running';
