"""The database: its schema, the loading of batches, the embedded server, the questions that the commands ask."""
