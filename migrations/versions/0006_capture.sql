-- 1. Working copies: what somebody is writing and has not saved yet. Kept on every pause, so that nothing typed is lost.

CREATE TABLE working_copies (
  id uuid NOT NULL,                        -- chosen by the browser: what it sends twice is one copy
  owner_id integer,                        -- none: of whoever sits at an installation without sign-in
  insight_id integer,                      -- none: of a new one. No reference: the insight may lie in the trash meanwhile
  base_version integer,                    -- the insight's version that it began with
  fields jsonb NOT NULL,                   -- as typed, by the names of the form: may be wrong or missing
  created_at timestamptz DEFAULT now() NOT NULL,
  updated_at timestamptz DEFAULT now() NOT NULL,
  CONSTRAINT pk_working_copies PRIMARY KEY (id),
  CONSTRAINT fk_working_copies_owner_id FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT ck_working_copies_fields CHECK (jsonb_typeof(fields) = 'object'),
  CONSTRAINT ck_working_copies_base CHECK ((insight_id IS NULL) = (base_version IS NULL))
);
CREATE UNIQUE INDEX uq_working_copies_insight ON working_copies (coalesce(owner_id, 0), insight_id) WHERE insight_id IS NOT NULL;
CREATE INDEX ix_working_copies_owner_id ON working_copies (owner_id);

-- 2. Templates of insights: the staff's own, beside those that come with the product.

CREATE TABLE content_templates (
  id serial NOT NULL,
  owner_id integer,                        -- who wrote it; none: nobody who is still here, or no sign-in
  name varchar(100) NOT NULL,
  shared boolean DEFAULT false NOT NULL,   -- whether others find it in their list, too
  fields jsonb NOT NULL,                   -- what a new insight begins with: title, description, content, category_id, priority, tags
  version integer DEFAULT 1 NOT NULL,
  created_at timestamptz DEFAULT now() NOT NULL,
  updated_at timestamptz DEFAULT now() NOT NULL,
  CONSTRAINT pk_content_templates PRIMARY KEY (id),
  CONSTRAINT fk_content_templates_owner_id FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE SET NULL,
  CONSTRAINT ck_content_templates_name_not_blank CHECK (btrim(name) <> ''),
  CONSTRAINT ck_content_templates_fields CHECK (jsonb_typeof(fields) = 'object')
);
-- Not of those without an owner: when people go, what they leave may have one name.
CREATE UNIQUE INDEX uq_content_templates_name ON content_templates (owner_id, folded(name)) WHERE owner_id IS NOT NULL;
CREATE TRIGGER b_touch BEFORE UPDATE ON content_templates
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION touch();
CREATE TRIGGER c_raise_version BEFORE UPDATE ON content_templates
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION raise_version();
