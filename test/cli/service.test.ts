// Commands that call a service, against the application over HTTP and a real PostgreSQL: what they do there, what they print, and how they
// end where the service refuses.

import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { sql } from 'kysely';
import t, { type Test } from 'tap';
import { ensureAdministrator } from '../../src/use-cases/administration/ensure-administrator.ts';
import { buildTestApp } from '../support/build-app.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { type Around, type Ran, runCommand } from '../support/terminal.ts';

const ADMIN_PASSWORD = 'a long admin password';
const PASSWORD = 'correct horse battery';

type Answer = Readonly<Record<string, unknown>> & {
  readonly id: number;
  readonly token: string;
  readonly length: number;
};

type World = {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly deps: Awaited<ReturnType<typeof buildTestApp>>['deps'];
  /** Splits at spaces; `~` in a word is one. */
  readonly run: (line: string, around?: Around) => Promise<Ran>;
  /** The same, which has to succeed; answers its JSON. */
  readonly json: (line: string, around?: Around) => Promise<Answer>;
};

async function world(t: Test): Promise<World> {
  const { app, deps } = await buildTestApp(t);
  await ensureAdministrator(deps, { login: 'admin', password: ADMIN_PASSWORD });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const folder = scratchFolder(t);
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const env = { GATEHOUSE_URL: url, XDG_CONFIG_HOME: join(folder, 'config') };
  const run: World['run'] = (line, around = {}) =>
    runCommand(
      line.split(' ').map((word) => word.replaceAll('~', ' ')),
      { ...around, env: { ...env, ...around.env } },
    );
  const json: World['json'] = async (line, around) => {
    const { code, out, err } = await run(`${line} --json`, around);
    t.equal(code, 0, `${line}: ${err}`);
    return JSON.parse(out);
  };
  return { folder, env, deps, run, json };
}

t.test('people, organizations, tokens and policies are looked after by commands', async (t) => {
  const { folder, env, deps, run, json } = await world(t);
  const sessions = join(folder, 'config/gatehouse/sessions.json');

  t.test('the session that login keeps is only its owner’s, and ends', async (t) => {
    t.equal((await run('user list')).code, 77, 'nobody is signed in');
    t.equal((await run('login admin', { input: 'wrong password' })).code, 77);
    t.equal((await run('login admin')).code, 64, 'without a password');
    t.equal(existsSync(sessions), false);
    const signed_in = await run('login admin', { input: `${ADMIN_PASSWORD}\n` });
    t.equal(signed_in.code, 0);
    t.notMatch(signed_in.out + signed_in.err, /gths_/, 'the session is not printed');
    t.equal(statSync(sessions).mode & 0o777, 0o600);
    t.match(await json('whoami'), { kind: 'session', user: { login: 'admin' } });
    const first = JSON.parse(readFileSync(sessions, 'utf8'))[env.GATEHOUSE_URL ?? ''].token;
    t.equal((await run('login admin', { input: ADMIN_PASSWORD })).code, 0);
    const old = await run('whoami', { env: { GATEHOUSE_TOKEN: first } });
    t.equal(old.code, 77, 'the session before has ended');
    t.match(await json('logout'), { ended: true });
    t.equal(existsSync(sessions), false);
    t.match(await json('logout'), { ended: false });
    writeFileSync(sessions, 'broken');
    t.equal((await run('user list')).code, 78);
    writeFileSync(
      sessions,
      JSON.stringify({
        [env.GATEHOUSE_URL ?? '']: { login: 'admin', token: first, expires_at: '2020-01-01T00:00:00Z' },
      }),
    );
    t.match((await run('user list')).err, /There is no credential/, 'one that is over is not sent');
  });

  t.test('the credential comes from the first place that has one', async (t) => {
    await run('login admin', { input: ADMIN_PASSWORD });
    const { token } = JSON.parse(readFileSync(sessions, 'utf8'))[env.GATEHOUSE_URL ?? ''];
    const file = join(folder, 'credential');
    writeFileSync(file, `${token}\n`, { mode: 0o600 });
    for (const around of [{ env: { GATEHOUSE_TOKEN: token } }, { env: { GATEHOUSE_TOKEN_FILE: file } }, {}]) {
      t.match(await json('whoami', around), { user: { login: 'admin' } });
    }
    const bad = { env: { GATEHOUSE_TOKEN: 'gthp_bad' } };
    t.equal((await run('whoami', bad)).code, 77);
    const by_file = await run(`whoami --token-file ${file}`, bad);
    t.equal(by_file.code, 0, 'what the line says is before the environment');
    t.equal(by_file.err, '');
    chmodSync(file, 0o644);
    t.match((await run(`whoami --token-file ${file}`)).err, /chmod 600/);
    writeFileSync(file, 'two words');
    t.match(await run(`whoami --token-file ${file}`), { code: 78, err: /holds no credential/ });
    t.equal((await run(`whoami --token-file ${file}.absent`)).code, 78);
  });

  t.test('people', async (t) => {
    const create = (login: string) =>
      json(`user create ${login} --email ${login}@example.com --email-verified --password-stdin`, { input: PASSWORD });
    t.match(await create('ada'), { login: 'ada', email_verified: true, site_admin: false });
    await create('bob');
    t.match(await json('user create cyd --email cyd@example.com'), { password_setup_token: /^gthi_/ });
    t.match(await json('user edit cyd --login cee --site-admin --profile-name Cee~Dee'), {
      login: 'cee',
      site_admin: true,
    });
    t.match(await json('user edit cee --no-site-admin'), { site_admin: false, profile_name: 'Cee Dee' });
    t.match((await run('user show cee')).out, /^id: .*\nlogin: +cee\n/);
    t.same(await json('user suspend cee --reason left --yes'), { done: true });
    t.match((await run('user list')).out, /cee +cyd@example.com +false +false +\d{4}/);
    t.equal((await run('user unsuspend cee')).out, 'cee is suspended no more\n');
    t.equal((await run('user end-tokens cee --yes --wait')).code, 0);
    t.match(await run('user delete cee'), { code: 64, err: /say --yes/ }, 'where nobody can be asked');
    t.equal((await run('user delete cee --yes')).code, 0);
    t.match(await run('user show cee'), { code: 1, err: /^404 not_found/ });
    for (const name of ['.', '..']) t.equal((await run(`user delete ${name} --yes`)).code, 64, 'names no other path');
    t.match(await run('user create ada --email x@example.com'), { code: 1, err: /422 .*\n {2}login: already_exists/ });
  });

  t.test('lists are read page by page, with progress at a terminal only', async (t) => {
    await sql`with made as (
      insert into accounts (type, login) select 'User', 'extra-' || n from generate_series(1, 230) n returning id, login)
      insert into users (id, email, email_verified) select id, login || '@example.com', true from made`.execute(
      deps.db,
    );
    t.equal((await json('user list')).length, 233);
    t.equal((await json('user list --limit 0')).length, 0);
    const some = await run('user list --limit 150 --json', { is_tty: true });
    t.equal(JSON.parse(some.out).length, 150);
    t.match(some.err, /Rows 100/);
    t.match(some.err, /There may be more than these 150/);
    t.equal((await run('user list')).err, '', 'not where nobody sees it');
  });

  t.test('organizations', async (t) => {
    t.match(await json('org create acme --admin ada --profile-name Acme~Inc'), { login: 'acme' });
    t.match((await run('org list')).out, /acme +Acme Inc +-/);
    await run('login ada', { input: PASSWORD });
    t.equal((await run('org list')).code, 77, 'ada is no site administrator');
    t.equal((await run('org add-member acme bob')).out, 'bob is member of acme\n');
    t.match(await json('org add-member acme bob --role admin'), { role: 'admin' });
    await run('org add-member acme bob --role member');
    t.equal((await json('org members acme --role member')).length, 1);
    t.match(await json('org edit acme --default-repository-permission none'), {
      default_repository_permission: 'none',
    });
    t.equal((await run('org add-reviewer acme bob')).code, 0);
    t.match((await run('org reviewers acme')).out, /bob/);
    t.equal((await run('org remove-reviewer acme bob --yes')).code, 0);
    t.match(
      (await run('org audit-log acme --phrase action:org.add_member --order asc')).out,
      /org.add_member +ada +bob/,
    );
  });

  t.test('P1, P2, P4: policies', async (t) => {
    t.match(await json('policy set acme --fine-grained-tokens allowed'), {
      fine_grained_tokens: 'allowed',
      approval: 'required',
    });
    t.match(await json('policy set acme --max-classic-days 30 --lifetime-applies-to-public-reads true'), {
      max_lifetime_days: { fine_grained: 366, classic: 30 },
      lifetime_applies_to_public_reads: true,
    });
    t.match(await json('policy set acme --max-classic-days none --lifetime-applies-to-public-reads false'), {
      max_lifetime_days: { classic: null },
    });
    t.match(await json('policy effective acme'), { fine_grained_tokens: { value: 'allowed', source: 'organization' } });
    for (const line of ['policy show', 'policy show acme --enterprise big', 'policy set acme']) {
      t.equal((await run(line)).code, 64, line);
    }
    t.equal((await run('policy set acme --max-classic-days many')).code, 64);
    t.equal((await run('policy set acme --max-classic-days 367')).code, 1);
    t.equal((await run('policy show --enterprise absent')).code, 1);
    t.match((await run('policy show acme')).out, /approval: +required/);
  });

  t.test('M2, M5, M8, A1, A3: a token from its making to its end', async (t) => {
    const classic = await json('token create nightly --scope repo --scope read:org --expires-in-days 7');
    t.match(classic, { kind: 'classic', scopes: ['repo', 'read:org'], token: /^gthp_/ });
    t.match(await json('token create bare --classic'), { kind: 'classic', scopes: [] });
    t.match(await run('token create odd --scope repo --all-repositories'), { code: 1, err: /repository_selection/ });
    t.equal((await run('token create odd --permission contents')).code, 64);
    await run('login bob', { input: PASSWORD });
    const asked =
      'token create bot --resource-owner acme --all-repositories --permission contents=read --reason please';
    const bot = await json(asked);
    t.match(bot, { kind: 'fine_grained', state: 'pending', permissions: { contents: 'read' } });
    await run('login ada', { input: PASSWORD });
    const [request] = (await json('org requests acme')) as unknown as readonly { readonly id: number }[];
    t.match((await run('org requests acme')).out, /bob +bot +all +repository=contents=read/);
    t.equal((await run('org approve acme abc')).code, 64);
    t.equal((await run(`org approve acme ${request?.id} --reason fine`)).out, `approved: ${request?.id}\n`);
    t.equal((await run(`org deny acme ${request?.id}`)).code, 1, 'it is no longer open');
    const [access] = (await json('org tokens acme')) as unknown as readonly { readonly id: number }[];
    t.equal((await run(`org revoke-access acme ${access?.id} --yes`)).code, 0);
    await run('login bob', { input: PASSWORD });
    const { id } = bot;
    t.match(await json(`token show ${id}`), { state: 'denied' });
    t.match(await json(`token request ${id} --reason again`), { state: 'pending' });
    t.equal((await run(`token withdraw ${id} --yes`)).code, 0);
    t.match(await json(`token edit ${id} --name renamed --no-repositories --permission members=read`), {
      ...{ name: 'renamed', repository_selection: 'none' },
    });
    t.match(await json(`token regenerate ${id} --overlap-seconds 60 --yes`), { token: /^gth_pat_/ });
    t.equal((await json(`token repositories ${id}`)).length, 0);
    t.match((await run('token list --kind fine_grained')).out, /renamed/);
    t.equal((await run(`token delete ${id} --yes`)).out, `token ${id} is deleted\n`);

    const { token } = classic;
    const as_token = await run('token list', { env: { GATEHOUSE_TOKEN: token } });
    t.match(as_token, { code: 77, err: /session_required[\s\S]*gatehouse login/ }, 'K7');
    t.notMatch(as_token.err, token);
    const reported = await run('token report', { input: `\n ${token} \nnothing of ours\n` });
    t.equal(reported.out, '2 reported; those that were live are revoked\n', 'T2');
    t.equal((await run('whoami', { env: { GATEHOUSE_TOKEN: token } })).code, 77);
    t.equal((await run('token report')).code, 64);
  });

  t.test('enterprises and clients', async (t) => {
    await run('login admin', { input: ADMIN_PASSWORD });
    t.match(await json('enterprise create big --name Big~One --admin ada'), { slug: 'big', name: 'Big One' });
    t.equal((await run('enterprise add-organization big acme')).out, 'acme belongs to big\n');
    t.equal((await run('enterprise add-organization absent acme')).code, 1);
    t.equal((await run('enterprise add-administrator big bob')).out, 'bob administers big\n');
    t.equal((await run('enterprise remove-administrator big bob')).code, 64, 'not without a yes');
    t.equal((await run('enterprise remove-administrator big bob --yes')).code, 0);
    t.match((await run('enterprise list')).out, /big +Big One +ada/);
    await run('login ada', { input: PASSWORD });
    t.match(await json('policy set --enterprise big --approval not_required --exempt-administrators'), {
      approval: 'not_required',
      exempt_administrators: true,
    });
    t.match((await run('policy effective acme')).out, /approval +not_required +enterprise +big/);
    await run('login admin', { input: ADMIN_PASSWORD });
    t.equal((await run('enterprise remove-organization big acme --yes')).code, 0);
    const made = await json('client create our~API --capability introspect --capability evaluate --organization acme');
    t.match(made, { capabilities: ['introspect', 'evaluate'], organizations: ['acme'], client_secret: /^gthc_/ });
    const { client_id } = made;
    t.match(await json(`client secret ${client_id} --overlap-seconds 60 --yes`), { client_secret: /^gthc_/ });
    t.match((await run('client list')).out, /our API +introspect, evaluate +acme/);
    t.equal((await run(`client delete ${client_id} --yes --wait`)).code, 0);
    t.equal((await run('client create x')).code, 64, 'without a capability');
  });

  t.test('a file is imported, and told line by line what was not taken', async (t) => {
    await run('login admin', { input: ADMIN_PASSWORD });
    const { client_id, client_secret } = await json('client create importer --capability directory');
    const file = join(folder, 'directory.ndjson');
    const people = Array.from({ length: 500 }, (_, n) => ({
      ...{ type: 'user', external_id: `u${n}`, version: 1, login: `imported-${n}`, email: `i${n}@example.com` },
    }));
    const odd = { type: 'user', external_id: 'odd', version: 1, login: 'ada', email: 'odd@example.com' };
    writeFileSync(file, [...people, odd].map((line) => `${JSON.stringify(line)}\n`).join(''));
    const secret_file = join(folder, 'client-secret');
    writeFileSync(secret_file, `${client_secret}\n`, { mode: 0o600 });
    const as_importer = { GATEHOUSE_CLIENT_ID: String(client_id), GATEHOUSE_CLIENT_SECRET_FILE: secret_file };
    t.equal((await run(`directory import ${file}`)).code, 77, 'as nobody');
    const first = await run(`directory import ${file} --json`, { env: as_importer, is_tty: true });
    t.equal(first.code, 1);
    t.match(JSON.parse(first.out), { counts: { created: 500, error: 1 }, errors: [{ line: 501, external_id: 'odd' }] });
    t.match(first.err, /Bytes \[#+\]/);
    writeFileSync(file, people.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const again = await run(`directory import ${file}`, { env: as_importer });
    t.match(again, { code: 0, err: '', out: /unchanged: +500\n/ });
    const wrong = { GATEHOUSE_CLIENT_ID: String(client_id), GATEHOUSE_CLIENT_SECRET: 'gthc_wrong' };
    t.equal((await run(`directory import ${file}`, { env: wrong })).code, 77);
    for (const unreadable of [`${file}.absent`, dirname(file)]) {
      const refused = await run(`directory import ${unreadable}`, { env: as_importer });
      t.match(refused, { code: 78, out: '', err: /^The file cannot be read: / }, unreadable);
    }
    writeFileSync(file, `${'x'.repeat(70_000)}\n`);
    t.not((await run(`directory import ${file}`, { env: as_importer })).code, 0, 'what is no line of an import');
  });

  t.test('what others have named is printed without what would move the cursor', async (t) => {
    await json('token create red --classic', {});
    await sql`update tokens set name = E'red\u001b[31m' where name = 'red'`.execute(deps.db);
    const { out } = await run('token list');
    t.match(out, 'red\\u001b[31m');
    t.notMatch(out, '\u001b');
  });
});
