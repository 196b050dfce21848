-- The line of a log that says best why a step failed: often far above the end of the log.
alter table build add column error_summary text;
alter table attempt add column error_summary text;
