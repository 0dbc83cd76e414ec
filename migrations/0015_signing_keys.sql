-- The keys by which this service signs (contract 8: `GET /oauth/jwks`). Which of them signs at a moment follows from `signs_from`
-- alone, so that every node signs with the same one.

create table signing_keys (
  id bigint generated always as identity primary key,
  kid text not null unique check (kid ~ '^[A-Za-z0-9_-]{1,128}$'),
  algorithm text not null check (algorithm in ('ES256', 'RS256')),
  public_jwk jsonb not null,
  -- Where the private part is: here as it is, here encrypted under SIGNING_KEY_SECRET, or in SIGNING_KEY_FILE.
  kept_in text not null check (kept_in in ('plain', 'encrypted', 'file')),
  private_part text,
  created_at timestamptz not null,
  signs_from timestamptz not null,
  -- A key of a file is never forgotten: one that was withdrawn, or has had its time, must not come back with the file.
  withdrawn_at timestamptz,
  constraint signing_keys_private_part check ((private_part is null) = (kept_in = 'file'))
);
