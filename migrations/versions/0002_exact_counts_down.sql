-- What is pending goes into tags.usage_count first, so that the column stays right without us.
LOCK TABLE insights, insight_tags, tags IN ACCESS EXCLUSIVE MODE;
SELECT counts_fold();

DROP TRIGGER categories_no_cycle ON categories;
DROP TRIGGER categories_no_cycle_insert ON categories;
DROP TRIGGER counts_guard_insert ON tags;
DROP TRIGGER counts_guard_update ON tags;
DROP TRIGGER counts_delete ON tags;
DROP TRIGGER counts_truncate ON insights;
DROP TRIGGER counts_delete ON insights;
DROP TRIGGER counts_update ON insights;
DROP TRIGGER counts_insert ON insights;
DROP TRIGGER counts_truncate ON insight_tags;
DROP TRIGGER counts_delete ON insight_tags;
DROP TRIGGER counts_update ON insight_tags;
DROP TRIGGER counts_insert ON insight_tags;
DROP TRIGGER counts_label ON insight_tags;
DROP VIEW counts_drift, tags_counted, tag_cells, insight_cells;
DROP FUNCTION category_no_cycle, counts_repair, counts_fold, count_guard_usage, count_truncated, count_gone_tags,
  count_gone_links, count_changed_links, count_new_links, count_label_link, count_hold_insights, count_relabel,
  count_changed_insights, count_gone_insights, count_new_insights, count_action_seconds;
DROP TABLE tag_count_delta, tag_counts, insight_count_delta, insight_counts;
ALTER TABLE tags RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold,
                        autovacuum_vacuum_cost_delay);
ALTER TABLE insight_tags RESET (fillfactor);
