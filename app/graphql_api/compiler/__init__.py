"""From a validated operation to one SQL statement. Nothing here touches the database, or a value of a variable."""
