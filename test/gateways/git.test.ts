// Git itself, over HTTP with a token as password, through nginx and git-http-backend with the shipped configuration and hook (C4).

import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { gatewayWorld } from '../support/gateway-world.ts';
import { NGINX, startNginx } from '../support/nginx.ts';
import { programs } from '../support/programs.ts';
import { scratchFolder } from '../support/scratch-folder.ts';

const HOOK = join(import.meta.dirname, '../../docs/gateways/pre-receive');
type Outcome = { readonly ok: boolean; readonly text: string };

/** Git as somebody runs it who is asked nothing and whose own settings do not count. */
function gitIn(home: string) {
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.test',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@example.test',
  };
  return (folder: string, ...args: readonly string[]): Promise<Outcome> =>
    new Promise((resolve) => {
      const child = spawn('git', ['-c', 'init.defaultBranch=main', ...args], { cwd: folder, env });
      let text = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (part) => (text += part));
      child.once('close', (code) => resolve({ ok: code === 0, text }));
    });
}

/** A platform with Git: two repositories on disk, each with a commit, and a clone from which is pushed. */
async function gitWorld(t: Test, { port, repositories }: { readonly port: number; readonly repositories: string }) {
  const home = scratchFolder(t);
  const git = gitIn(home);
  const done = async (folder: string, ...args: readonly string[]) => {
    const { ok, text } = await git(folder, ...args);
    if (!ok) throw new Error(`git ${args.join(' ')}: ${text}`);
  };
  const work = join(home, 'work');
  mkdirSync(work);
  await done(work, 'init', '-q');
  writeFileSync(join(work, 'README.md'), 'A mill.\n');
  await done(work, 'add', 'README.md');
  await done(work, 'commit', '-q', '-m', 'first');
  for (const name of ['mill', 'open', 'old']) {
    const bare = join(repositories, 'acme', `${name}.git`);
    mkdirSync(bare, { recursive: true });
    await done(bare, 'init', '-q', '--bare');
    copyFileSync(HOOK, join(bare, 'hooks', 'pre-receive'));
    await done(work, 'push', '-q', bare, 'main');
  }
  const url = (name: string, password: string | null) =>
    `http://${password === null ? '' : `x:${password}@`}127.0.0.1:${port}/acme/${name}`;
  let made = 0;

  /** Pushes a new commit of this file to a branch of its own. */
  async function push(name: string, password: string | null, file: string): Promise<Outcome> {
    made += 1;
    await done(work, 'checkout', '-q', '-B', `try-${made}`, 'main');
    mkdirSync(dirname(join(work, file)), { recursive: true });
    writeFileSync(join(work, file), `change ${made}\n`);
    await done(work, 'add', '-f', file);
    await done(work, 'commit', '-q', '-m', `change ${made}`);
    return git(work, 'push', '-q', url(name, password), `try-${made}`);
  }
  const clone = (name: string, password: string | null) => {
    made += 1;
    return git(home, 'clone', '-q', url(name, password), `clone-${made}`);
  };
  const fetch = (name: string, password: string | null) => git(work, 'fetch', '-q', url(name, password), 'main');
  return { clone, fetch, push };
}

t.test('git clone, fetch and push through nginx (C4)', async (t) => {
  const found = await programs(t, NGINX);
  if (found === null) return;
  const world = await gatewayWorld(t);
  const { tokens, session, acme, deps } = world;
  const old = await world.world.repository(acme, 'old');
  await deps.db.updateTable('repositories').set({ archived: true }).where('id', '=', old.id).execute();
  const { clone, fetch, push } = await gitWorld(t, await startNginx(t, found, world));
  const fine = async (permissions: Readonly<Record<string, string>>, names: readonly string[] = ['mill', 'open']) =>
    (
      await tokens.fineGrainedToken(session, {
        resource_owner: 'acme',
        repository_selection: 'subset',
        repositories: names,
        permissions,
      })
    ).token;
  const classic = async (...scopes: readonly string[]) => (await tokens.classicToken(session, { scopes })).token;
  const reader = await world.world.person('reader');
  await world.world.member(acme, reader);
  const PLAIN = 'notes.txt';
  const WORKFLOW = '.github/workflows/build.yml';
  const BESIDE = '.github/workflows.md';

  const credentials = {
    nobody: null,
    'a wrong token': 'gthp_000000000000000000000000000000000000',
    'classic repo': await classic('repo'),
    'classic repo, workflow': await classic('repo', 'workflow'),
    'classic public_repo': await classic('public_repo'),
    'classic without scopes': await classic(),
    'classic repo of who may only read': (
      await tokens.classicToken(await world.world.session(reader), { scopes: ['repo'] })
    ).token,
    'contents:read': await fine({ contents: 'read' }),
    'contents:write': await fine({ contents: 'write' }),
    'contents:write, workflows:write': await fine({ contents: 'write', workflows: 'write' }),
    'issues:write': await fine({ issues: 'write' }),
    'contents:write elsewhere': await fine({ contents: 'write' }, ['old']),
  } as const;
  type Who = keyof typeof credentials;

  /** `read`: of mill (private) and open (public); `write`: the same with a plain file; `workflow`: a workflow file to mill. */
  const table: Readonly<Record<Who, { read: string; write: string; workflow: boolean }>> = {
    nobody: { read: 'open', write: '', workflow: false },
    // Git shows a password only when it is asked for one, and a public read asks for none.
    'a wrong token': { read: 'open', write: '', workflow: false },
    'classic repo': { read: 'mill open', write: 'mill open', workflow: false },
    'classic repo, workflow': { read: 'mill open', write: 'mill open', workflow: true },
    'classic public_repo': { read: 'open', write: 'open', workflow: false },
    'classic without scopes': { read: 'open', write: '', workflow: false },
    'classic repo of who may only read': { read: 'mill open', write: '', workflow: false },
    'contents:read': { read: 'mill open', write: '', workflow: false },
    'contents:write': { read: 'mill open', write: 'mill open', workflow: false },
    'contents:write, workflows:write': { read: 'mill open', write: 'mill open', workflow: true },
    'issues:write': { read: 'open', write: '', workflow: false },
    'contents:write elsewhere': { read: 'open', write: '', workflow: false },
  };

  for (const [who, may] of Object.entries(table) as [Who, (typeof table)[Who]][]) {
    const password = credentials[who];
    for (const name of ['mill', 'open']) {
      const fetched = await fetch(`${name}.git`, password);
      t.equal(fetched.ok, may.read.includes(name), `${who} fetches ${name}: ${fetched.text}`);
      const pushed = await push(`${name}.git`, password, PLAIN);
      t.equal(pushed.ok, may.write.includes(name), `${who} pushes to ${name}: ${pushed.text}`);
    }
    const workflow = await push('mill.git', password, WORKFLOW);
    t.equal(workflow.ok, may.workflow, `${who} pushes a workflow file: ${workflow.text}`);
    if (may.write.includes('mill') && !may.workflow) t.match(workflow.text, /workflows/, 'and is told why');
  }

  t.ok((await clone('mill.git', credentials['contents:read'])).ok, 'a clone');
  t.ok((await clone('mill', credentials['contents:read'])).ok, 'a clone without `.git` in the address');
  t.ok((await clone('open', null)).ok, 'a clone of what is public, by nobody');
  t.notOk((await clone('absent.git', credentials['classic repo'])).ok, 'what is not there');
  t.ok((await push('mill.git', credentials['contents:write'], BESIDE)).ok, 'a file beside the folder of workflows');
  t.ok((await fetch('old.git', credentials['classic repo'])).ok, 'an archived repository is read');
  const archived = await push('old.git', credentials['classic repo'], PLAIN);
  t.notOk(archived.ok, `but takes no push (C5): ${archived.text}`);
});
