"""The CronJob controller: schedules, and Jobs when they come due."""
