-- The catalogue of operations that was loaded last (C2): one row, or none where nothing ever was.
create table catalogue (
  is_only boolean primary key default true check (is_only),
  -- One more with every change: nodes look at it to see whether what they hold is still in force.
  version bigint not null check (version > 0),
  -- Rows in the form of an array that is loaded; json keeps the order in which a set names its permissions.
  operations json not null check (json_typeof(operations) = 'array'),
  operations_count integer not null check (operations_count >= 0),
  -- Base64 of SHA-256 of the file that was put in force last (CATALOGUE_FILE): the same file does not count again.
  file_digest text check (char_length(file_digest) between 1 and 64),
  changed_at timestamptz not null
);
