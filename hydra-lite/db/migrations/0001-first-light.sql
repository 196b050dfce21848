-- What a gate knows. Times are timestamptz, durations milliseconds. Rows of finished evaluations are never changed:
-- a new look at the same sources is a new evaluation. Derivations are shared: one step serves every build that needs it.

create table jobset (
  id            integer generated always as identity primary key,
  project       text not null,
  name          text not null,
  release_file  text not null,
  unique (project, name)
);

create table evaluation (
  id           integer generated always as identity primary key,
  jobset_id    integer not null references jobset,
  revision     text not null,
  inputs       jsonb not null,
  input_hash   text not null,
  state        text not null check (state in ('running', 'finished', 'failed', 'aborted')),
  error        text,
  started_at   timestamptz not null default now(),
  finished_at  timestamptz
);
create index evaluation_by_jobset on evaluation (jobset_id, id desc);

create table derivation (
  drv_path  text primary key,
  name      text not null
);

-- One job of one evaluation. Without a derivation its evaluation failed, and error_message says why.
create table build (
  id              integer generated always as identity primary key,
  evaluation_id   integer not null references evaluation,
  job             text not null,
  drv_path        text references derivation,
  status          text not null check (status in
    ('queued', 'running', 'succeeded', 'failed', 'dependency-failed', 'timed-out', 'cancelled', 'evaluation-failed')),
  cached          boolean not null default false,
  outputs         jsonb not null default '{}',
  cause_drv_path  text references derivation,
  error_code      text,
  error_message   text,
  error_hint      text,
  error_details   text,
  started_at      timestamptz,
  finished_at     timestamptz,
  unique (evaluation_id, job)
);
create index build_by_job on build (job, evaluation_id desc);

-- Which derivations an aggregate job stands for.
create table constituent (
  build_id  integer not null references build,
  drv_path  text not null references derivation,
  primary key (build_id, drv_path)
);

-- One try at realising a derivation; all tries are kept.
create table attempt (
  id             integer generated always as identity primary key,
  evaluation_id  integer not null references evaluation,
  drv_path       text not null references derivation,
  kind           text not null check (kind in ('build', 'download')),
  outcome        text check (outcome in ('built', 'cached', 'failed', 'dependency-failed', 'timed-out', 'cancelled')),
  started_at     timestamptz not null,
  duration_ms    integer,
  log_path       text,
  error_code     text,
  error_message  text,
  error_hint     text,
  error_details  text
);
create index attempt_by_derivation on attempt (drv_path, id desc);
create index attempt_by_evaluation on attempt (evaluation_id);

-- Files that a build offers, from nix-support/hydra-build-products.
create table product (
  build_id    integer not null references build,
  ordinal     integer not null,
  type        text not null,
  subtype     text not null,
  name        text not null,
  path        text not null,
  size_bytes  bigint,
  sha256      text,
  primary key (build_id, ordinal)
);

create table channel (
  name       text primary key,
  jobset_id  integer not null references jobset,
  gate_job   text not null
);

create table channel_release (
  id             integer generated always as identity primary key,
  channel        text not null references channel,
  name           text not null,
  evaluation_id  integer not null references evaluation,
  revision       text not null,
  commit_time    timestamptz not null,
  folder         text not null,
  content_hash   text not null,
  published_at   timestamptz not null default now(),
  unique (channel, name, folder)
);

-- Every move of a channel's pointer, the newest last. The symlink beside the releases is what machines follow; this says
-- how it came to stand where it stands.
create table pointer_log (
  id               integer generated always as identity primary key,
  channel          text not null references channel,
  pointer          text not null,
  from_release     text,
  to_release       text not null,
  reason           text not null,
  moved_at         timestamptz not null default now()
);
create index pointer_log_by_channel on pointer_log (channel, id desc);

-- What a channel's gate said of an evaluation, and why it held, one excuse a job.
create table verdict (
  channel        text not null references channel,
  evaluation_id  integer not null references evaluation,
  pass           boolean not null,
  judged_at      timestamptz not null default now(),
  primary key (channel, evaluation_id)
);

create table excuse (
  channel        text not null,
  evaluation_id  integer not null,
  ordinal        integer not null,
  job            text not null,
  excuse         jsonb not null,
  primary key (channel, evaluation_id, ordinal),
  foreign key (channel, evaluation_id) references verdict
);
