DROP FUNCTION day_begins(date, text), refuse(text);
