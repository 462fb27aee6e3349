-- What leaves the insights goes into the trash, as the application put it there, or is gone with its history. Both write
-- a last revision: where an old snapshot (REPEATABLE READ) misses the newest one its number is taken, and that is a
-- serialisation failure. Only deleting what the snapshot shows left the newest behind, of an insight that was gone.
CREATE OR REPLACE FUNCTION revise_gone_insights() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE ids integer[] := (SELECT array_agg(id) FROM old_rows); act jsonb := current_act();
BEGIN
  INSERT INTO insight_revisions (insight_id, number, version, verb, actor_kind, actor_id, actor_name, message, receipt_id)
  SELECT gone.id, last.number + 1, coalesce(t.version, gone.version), 'trash', act->>'actor_kind',
         (act->>'actor_id')::integer, act->>'actor_name', act->>'message', (act->>'receipt_id')::uuid
  FROM old_rows gone LEFT JOIN insight_trash t ON t.id = gone.id
  CROSS JOIN LATERAL (SELECT coalesce(max(r.number), 0) AS number FROM insight_revisions r WHERE r.insight_id = gone.id) last
  ON CONFLICT ON CONSTRAINT pk_insight_revisions DO NOTHING;
  DELETE FROM insight_revisions
  WHERE insight_id = ANY (ids) AND NOT EXISTS (SELECT FROM insight_trash WHERE id = insight_id);
  RETURN NULL;
END $$;
DELETE FROM insight_revisions
WHERE NOT EXISTS (SELECT FROM insights WHERE id = insight_id) AND NOT EXISTS (SELECT FROM insight_trash WHERE id = insight_id);
