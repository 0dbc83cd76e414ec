// oidc-provider's introspection (RFC 7662) of users' opaque access tokens in PostgreSQL. At its best: production mode, the bare Node
// server without a framework around it, only the features that are asked for, clients and keys in its configuration (no statement
// for them), an adapter of one table with named (prepared) statements over a pool as large as ours. An introspection is two
// look-ups by key: the token and its grant; a hint tells that it is an access token.
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';
import pg from 'pg';
import { listening, start } from './start.mjs';

const [database_url, count] = process.argv.slice(2);
const DAY_SECONDS = 86_400;
const pool = new pg.Pool({ connectionString: database_url, max: 10 });

class PostgresAdapter {
  constructor(model) {
    this.model = model;
  }
  async upsert(id, payload, expires_in) {
    const text = `insert into oidc_payloads (model, id, payload, expires_at)
      values ($1, $2, $3, now() + $4 * interval '1 second') on conflict (model, id) do update set payload = excluded.payload`;
    await pool.query({ name: 'upsert', text, values: [this.model, id, payload, expires_in] });
  }
  async find(id) {
    const text = 'select payload from oidc_payloads where model = $1 and id = $2 and expires_at > now()';
    const { rows } = await pool.query({ name: 'find', text, values: [this.model, id] });
    return rows[0]?.payload;
  }
}

await start(async () => {
  await pool.query(`create table oidc_payloads
    (model text not null, id text not null, payload jsonb not null, expires_at timestamptz not null, primary key (model, id))`);
  const client = { client_id: 'bench', client_secret: 'a secret of the bench that is long enough' };
  const provider = new Provider('http://127.0.0.1', {
    adapter: PostgresAdapter,
    clients: [{ ...client, redirect_uris: ['https://client.example/cb'] }],
    features: { introspection: { enabled: true, allowedPolicy: () => true }, devInteractions: { enabled: false } },
    ttl: { AccessToken: DAY_SECONDS, Grant: DAY_SECONDS },
    scopes: ['contents:read', 'metadata:read'],
  });
  const subjects = [];
  const found = await provider.Client.find(client.client_id);
  for (let i = 0; i < Number(count); i += 1) {
    const accountId = `person-${i}`;
    const grant = new provider.Grant({ accountId, clientId: client.client_id });
    grant.addOIDCScope('contents:read metadata:read');
    const grantId = await grant.save(DAY_SECONDS);
    const token = new provider.AccessToken({ accountId, client: found, grantId, gty: 'authorization_code' });
    token.scope = 'contents:read metadata:read';
    subjects.push({ text: await token.save(), account: accountId });
  }
  const port = await listening(createServer(provider.callback()));
  const basic = [client.client_id, client.client_secret].map(encodeURIComponent).join(':');
  const authorization = `Basic ${Buffer.from(basic).toString('base64')}`;
  return { port, subjects, authorization };
});
