// The settings: what is taken, what ends the start, and that the documentation names them all.
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { type TSchema, Type } from 'typebox';
import { loadConfig } from '../src/config.ts';
import { SETTINGS } from '../src/settings.ts';
import { isStartRefusal } from '../src/start-refusal.ts';
import { shareOfParent, shareOfWorker } from '../src/workers/share.ts';

t.test('no settings give a service that only this machine reaches', async (t) => {
  const config = loadConfig({});
  t.match(config, { host: '127.0.0.1', port: 8080, public_url: 'http://127.0.0.1:8080', listens_on_loopback: true });
  t.match(config, { database_url: null, admin_login: 'admin', admin_password: null, token_prefix: 'gth' });
  t.equal(config.session_ttl_seconds, 12 * 60 * 60);
});

t.test('an empty variable counts as unset', async (t) => {
  t.same(loadConfig({ DATABASE_URL: '', ADMIN_PASSWORD: '', PORT: '' }), loadConfig({}));
});

t.test('variables of other programs do not count', async (t) => {
  t.same(loadConfig({ PATH: '/bin', HOSTNAME: 'x', npm_config_port: '1' }), loadConfig({}));
});

t.test('the public URL has no slash at the end', async (t) => {
  t.equal(loadConfig({ PUBLIC_URL: 'https://tokens.example/' }).public_url, 'https://tokens.example');
  t.equal(loadConfig({ HOST: '::1', PORT: '9000' }).public_url, 'http://[::1]:9000');
});

t.test('proxies are addresses and ranges', async (t) => {
  t.same(loadConfig({ TRUSTED_PROXIES: '10.0.0.0/8, ::1' }).trusted_proxies, ['10.0.0.0/8', '::1']);
});

t.test('networks that calls to others may reach are addresses and ranges', async (t) => {
  t.same(loadConfig({}).outbound_allow, []);
  t.same(loadConfig({ OUTBOUND_ALLOW: '127.0.0.0/8, fd00::1' }).outbound_allow, ['127.0.0.0/8', 'fd00::1']);
});

const REFUSED: [string, Record<string, string>][] = [
  ['PORT', { PORT: '0' }],
  ['PORT', { PORT: '65536' }],
  ['PORT', { PORT: '8080x' }],
  ['PORT', { PORT: '1e3' }],
  ['PORT', { PORT: ' 80' }],
  ['PUBLIC_URL', { HOST: '0.0.0.0' }],
  ['PUBLIC_URL', { HOST: '::' }],
  ['PUBLIC_URL', { HOST: 'example.com' }],
  ['PUBLIC_URL', { PUBLIC_URL: 'tokens.example' }],
  ['PUBLIC_URL', { PUBLIC_URL: 'ftp://tokens.example' }],
  ['PUBLIC_URL', { PUBLIC_URL: 'https://a:b@tokens.example' }],
  ['PUBLIC_URL', { PUBLIC_URL: 'https://tokens.example/?a=1' }],
  ['HOST', { HOST: 'a b' }],
  ['DATABASE_URL', { DATABASE_URL: 'mysql://localhost/a' }],
  ['DATABASE_URL', { DATABASE_URL: 'localhost' }],
  ['ADMIN_LOGIN', { ADMIN_LOGIN: '-admin' }],
  ['ADMIN_LOGIN', { ADMIN_LOGIN: 'a'.repeat(40) }],
  ['ADMIN_PASSWORD', { ADMIN_PASSWORD: 'a'.repeat(11) }],
  ['ADMIN_PASSWORD', { ADMIN_PASSWORD: 'a'.repeat(73) }],
  ['ADMIN_PASSWORD', { ADMIN_PASSWORD: 'é'.repeat(37) }],
  ['TOKEN_PREFIX', { TOKEN_PREFIX: 'a_b' }],
  ['SESSION_TTL', { SESSION_TTL: '0' }],
  ['SESSION_TTL', { SESSION_TTL: '12h' }],
  ['TRUSTED_PROXIES', { TRUSTED_PROXIES: '*' }],
  ['TRUSTED_PROXIES', { TRUSTED_PROXIES: '0.0.0.0/0' }],
  ['TRUSTED_PROXIES', { TRUSTED_PROXIES: '::/0' }],
  ['TRUSTED_PROXIES', { TRUSTED_PROXIES: '10.0.0.0/33' }],
  ['TRUSTED_PROXIES', { TRUSTED_PROXIES: '10.0.0.0/8/8' }],
  ['TRUSTED_PROXIES', { TRUSTED_PROXIES: 'proxy.example' }],
  ['TRUSTED_PROXIES', { TRUSTED_PROXIES: '10.0.0.1,,10.0.0.2' }],
  ['OUTBOUND_ALLOW', { OUTBOUND_ALLOW: '*' }],
  ['OUTBOUND_ALLOW', { OUTBOUND_ALLOW: '0.0.0.0/0' }],
  ['OUTBOUND_ALLOW', { OUTBOUND_ALLOW: 'keys.example' }],
  ['TLS_KEY_FILE', { TLS_CERT_FILE: 'cert.pem' }],
  ['TLS_CERT_FILE', { TLS_KEY_FILE: 'key.pem' }],
  ['TLS_CERT_FILE', { TLS_CLIENT_CA_FILE: 'ca.pem' }],
  ['PUBLIC_URL', { TLS_CERT_FILE: 'cert.pem', TLS_KEY_FILE: 'key.pem', PUBLIC_URL: 'http://id.example' }],
  ['CORS_ORIGINS', { CORS_ORIGINS: '*' }],
  ['CORS_ORIGINS', { CORS_ORIGINS: 'null' }],
  ['CORS_ORIGINS', { CORS_ORIGINS: 'app.example.com' }],
  ['CORS_ORIGINS', { CORS_ORIGINS: 'https://app.example.com/' }],
  ['CORS_ORIGINS', { CORS_ORIGINS: 'https://App.example.com' }],
  ['CORS_ORIGINS', { CORS_ORIGINS: 'https://app.example.com:443' }],
  ['CORS_ORIGINS', { CORS_ORIGINS: 'https://a.example,,https://b.example' }],
  ['METRICS_TOKEN', { METRICS_TOKEN: 'short' }],
  ['SIGNING_KEY_SECRET', { SIGNING_KEY_SECRET: 's'.repeat(31) }],
  ['SIGNING_KEY_SECRET', { SIGNING_KEY_SECRET: `${'s'.repeat(31)}é` }],
  ['SIGNING_KEY_DAYS', { SIGNING_KEY_DAYS: '0' }],
  ['SIGNING_ALGORITHM', { SIGNING_ALGORITHM: 'none' }],
  ['LOG_LEVEL', { LOG_LEVEL: 'loud' }],
  ['ALLOW_UNSAFE_DATABASE', { ALLOW_UNSAFE_DATABASE: 'true' }],
  ['DATABASE_POOL', { DATABASE_POOL: '1' }],
  ['DATABASE_POOL', { WORKERS: '5' }],
  ['DATABASE_POOL', { WORKERS: '2', DATABASE_POOL: '5' }],
  ['WORKERS', { WORKERS: '0' }],
  ['DATABASE_URL', { DATABASE_REPLICA_URL: 'postgres://a@b/c' }],
  ['DATABASE_REPLICA_URL', { DATABASE_URL: 'postgres://a@b/c', DATABASE_REPLICA_URL: 'b' }],
  ['DRAIN_MS', { DRAIN_MS: '5001' }],
  ['REQUEST_TIMEOUT_MS', { REQUEST_TIMEOUT_MS: '5.5' }],
  ['GATEHOUSE_PORT', { GATEHOUSE_PORT: '8080' }],
];

for (const [name, environment] of REFUSED) {
  t.test(`refused, naming ${name}: ${JSON.stringify(environment).slice(0, 80)}`, async (t) => {
    const error = refusalOf(environment);
    t.match(error.message, `\`${name}\``);
    t.notMatch(error.message, '\n', 'it is one line');
  });
}

t.test('connections and memory are divided among workers and the process above them', async (t) => {
  const config = loadConfig({ WORKERS: '4', DATABASE_POOL: '21', CACHE_MIB: '100' });
  const [worker, parent] = [shareOfWorker(config), shareOfParent(config)];
  t.equal(4 * worker.database_connections_max + parent.database_connections_max, 21);
  t.equal(worker.database_connections_max, 4);
  t.equal(worker.cache_bytes_max, 25 * 1_048_576);
  t.equal(shareOfWorker(loadConfig({ WORKERS: '4' })).database_connections_max, 2, 'the least that each needs');
});

t.test('a refused secret is not repeated', async (t) => {
  t.notMatch(refusalOf({ ADMIN_PASSWORD: 'hunter2' }).message, 'hunter2');
  t.notMatch(refusalOf({ METRICS_TOKEN: 'hunter2' }).message, 'hunter2');
  t.notMatch(refusalOf({ SIGNING_KEY_SECRET: 'hunter2' }).message, 'hunter2');
  t.notMatch(refusalOf({ DATABASE_URL: 'mysql://a:hunter2@b/c' }).message, 'hunter2');
});

t.test('a password of 12 characters and one of 72 bytes are taken', async (t) => {
  for (const password of ['a'.repeat(12), 'é'.repeat(36)]) {
    t.equal(loadConfig({ ADMIN_PASSWORD: password }).admin_password, password);
  }
});

t.test('the documentation names exactly the settings that there are, with their defaults and bounds', async (t) => {
  const text = await readFile(new URL('../docs/operations.md', import.meta.url), 'utf8');
  const section = text.split(/^## /m).find((part) => part.startsWith('Settings')) ?? '';
  const rows = [...section.matchAll(/^\| `([A-Z_]+)` \| (.*?) \| (.*) \|$/gm)];
  t.same(rows.map(([, name]) => name).sort(), Object.keys(SETTINGS.properties).sort());
  const properties: Record<string, TSchema> = SETTINGS.properties;
  for (const [, name = '', given, meaning = ''] of rows) {
    const schema = properties[name] ?? Type.Unknown();
    if ('default' in schema) t.equal(given, schema.default === '' ? 'none' : `\`${schema.default}\``, name);
    if (Type.IsInteger(schema) && 'minimum' in schema && 'maximum' in schema)
      t.match(meaning, new RegExp(`\\b${schema.minimum} to ${schema.maximum}\\b`), name);
  }
});

function refusalOf(environment: Record<string, string>): Error {
  try {
    loadConfig(environment);
  } catch (error) {
    if (isStartRefusal(error)) return error;
    throw error;
  }
  throw new Error('the settings were taken');
}
