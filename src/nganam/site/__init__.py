"""Everything put together: settings, addresses, middleware, commands, the table "event to tasks"."""
