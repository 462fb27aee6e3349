DROP TRIGGER detach_purged ON insight_trash;
DROP TRIGGER detach_deleted ON insights;
DROP TRIGGER attach_update ON insights;
DROP TRIGGER attach_insert ON insights;
DROP FUNCTION detach_purged, attach_mentioned;
DROP TABLE insight_attachments, attachments;
