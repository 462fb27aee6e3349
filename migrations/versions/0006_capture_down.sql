DROP TABLE content_templates, working_copies;
