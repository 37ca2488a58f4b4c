"""The counter's tables: facts as tables, their pages, saved views, exports and the API."""
