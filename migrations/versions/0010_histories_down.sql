CREATE OR REPLACE FUNCTION revise_gone_insights() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE ids integer[] := (SELECT array_agg(id) FROM old_rows); act jsonb := current_act();
BEGIN
  INSERT INTO insight_revisions (insight_id, number, version, verb, actor_kind, actor_id, actor_name, message, receipt_id)
  SELECT t.id, last.number + 1, t.version, 'trash', act->>'actor_kind', (act->>'actor_id')::integer,
         act->>'actor_name', act->>'message', (act->>'receipt_id')::uuid
  FROM insight_trash t
  CROSS JOIN LATERAL (SELECT coalesce(max(r.number), 0) AS number FROM insight_revisions r WHERE r.insight_id = t.id) last
  WHERE t.id = ANY (ids);
  DELETE FROM insight_revisions
  WHERE insight_id = ANY (ids) AND NOT EXISTS (SELECT FROM insight_trash WHERE id = insight_id);
  RETURN NULL;
END $$;
