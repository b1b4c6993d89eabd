"""Background jobs with retries, schedules, heartbeat and reaper, over the same database."""
