// What the command line says of itself, what it refuses, and what it never repeats. Nothing here asks a service or a database.

import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { optionsOf } from '../../src/cli/command.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { completionScript, SHELLS } from '../../src/cli/completion.ts';
import { optionText, usageLine } from '../../src/cli/help.ts';
import { printable, tableLines, valueText } from '../../src/cli/print.ts';
import { progressLine } from '../../src/cli/progress.ts';
import { newText } from '../../src/secrets.ts';
import { TEXT_KINDS } from '../../src/text-form.ts';
import { runCommand, typeAt } from '../support/terminal.ts';

const KNOWN = 'gthp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17';

t.test('every command says what it takes, and the list has all of them', async (t) => {
  const { code, out } = await runCommand(['--help']);
  t.equal(code, 0);
  t.equal(new Set(COMMANDS.map(({ words }) => words)).size, COMMANDS.length, 'no two have the same words');
  for (const command of COMMANDS) {
    t.ok(
      out.split('\n').some((line) => line.startsWith(`  ${command.words} `)),
      command.words,
    );
    const help = await runCommand([...command.words.split(' '), '--help']);
    t.equal(help.code, 0);
    t.ok(help.out.startsWith(usageLine(command)), command.words);
    for (const [name, option] of Object.entries(optionsOf(command))) {
      t.ok(help.out.includes(`  ${optionText(name, option)}`), `${command.words} --${name}`);
    }
    t.same(await runCommand(['help', ...command.words.split(' ')]), help, 'the same, asked the other way');
  }
});

t.test('a wrong line ends with 64 and says what is wrong, but never what was given', async (t) => {
  const secret = newText('classic', 'gth');
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /COMMAND/],
    [['user'], /user list/],
    [[secret], /no such command/],
    [['user', secret], /no such command/],
    [['token', 'inspect', secret], /takes no words/],
    [['whoami', `--token=${secret}`], /--token is no option/],
    [['whoami', '--json', '--token', secret], /--token is no option/],
    [['user', 'list', `--limit=${secret}`, '--url', 'http://127.0.0.1:1'], /./],
    [['user', 'create', '--email', 'a@example.com'], /LOGIN is missing/],
    [['user', 'create', 'ada'], /--email is missing/],
    [['user', 'create', 'ada', '--email'], /--email has no value/],
    [['org', 'add-member', 'acme', 'bob', '--role', secret], /--role is one of admin, member/],
    [['org', 'add-member', 'acme', 'bob', '--no-role'], /./],
    [['token', 'create', 'x', '--no-classic'], /--no-classic is no option/],
    [['token', 'create', 'x', '--permission', 'contents=read', '--permission', 'contents=write'], /twice/],
    [['token', 'create', 'x', '--repository', 'a', '--all-repositories'], /more than one way/],
    [['token', 'edit', '1', '--repository', 'a', '--no-repositories'], /more than one way/],
    [['user', 'show', ''], /empty word/],
    [['serve', '--no-json'], /--no-json is no option/],
    [['completion', 'tcsh'], /bash, zsh, fish/],
  ];
  for (const [line, says] of wrong) {
    const { code, out, err } = await runCommand(line, {
      env: { GATEHOUSE_TOKEN: 'x', XDG_CONFIG_HOME: '/nonexistent' },
    });
    t.ok([64, 69].includes(code), `${line.map((word) => word.replace(secret, 'SECRET')).join(' ')}: ${code}`);
    t.equal(out, '');
    t.match(err, says);
    t.notMatch(err, secret, 'what was given is not repeated');
  }
  const { err } = await runCommand(['user', 'create', '--json']);
  t.match(JSON.parse(err), { error: { code: 'usage', exit_code: 64, message: /LOGIN is missing/ } });
});

t.test('contract 2: a text is told by its form alone, and is not printed', async (t) => {
  const known = await runCommand(['token', 'inspect', '--json'], { input: `${KNOWN}\n` });
  t.equal(known.code, 0);
  t.same(JSON.parse(known.out), {
    is_ours: true,
    kind: 'classic',
    prefix: 'gth',
    checksum: 'right',
    hashed_token: 'eLTZNFFacaEhx2BiEwW/e6oS38oWyeuPf3V3fD+OtN8=',
    sha256_hex: '78b4d934515a71a121c760621305bf7baa12dfca16c9eb8f7f75777c3f8eb4df',
    last_eight: 'kJ0mLq17',
  });
  for (const kind of TEXT_KINDS) {
    const text = newText(kind, 'own2');
    const told = await runCommand(['token', 'inspect'], { input: `  ${text}\r\n` });
    t.equal(told.code, 0, kind);
    t.match(told.out, new RegExp(`kind: +${kind}, `));
    t.match(told.out, /prefix: +own2/);
    t.notMatch(told.out + told.err, text.slice(-20), 'not printed');
    for (let at = text.indexOf('_') + 1; at < text.length; at += 5) {
      const other = `${text.slice(0, at)}${text[at] === 'a' ? 'b' : 'a'}${text.slice(at + 1)}`;
      t.equal((await runCommand(['token', 'inspect'], { input: other })).code, 1, `${kind}, changed at ${at}`);
    }
  }
  for (const input of [
    KNOWN.replace('_', '-'),
    `${KNOWN}x`,
    `1${KNOWN}`,
    'gthq_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17',
    'ghp_short',
    ' x y ',
  ]) {
    const { code, out } = await runCommand(['token', 'inspect', '--json'], { input });
    t.equal(code, 1);
    t.match(JSON.parse(out), { is_ours: false });
  }
  t.equal((await runCommand(['token', 'inspect'])).code, 64, 'nothing on standard input');
});

t.test('who stops reading changes nothing of how a command ends', async (t) => {
  const script = fileURLToPath(new URL('../../src/cli/gatehouse.ts', import.meta.url));
  const endOf = (text: string, reader: string) => {
    const line = `"$0" "$1" token inspect <<< "$2" | ${reader}; exit "\${PIPESTATUS[0]}"`;
    return spawnSync('bash', ['-c', line, process.execPath, script, text], { encoding: 'utf8' }).status;
  };
  for (const reader of ['cat', 'true']) {
    t.equal(endOf(KNOWN, reader), 0, reader);
    t.equal(endOf('garbage', reader), 1, reader);
  }
});

t.test('at a terminal a secret is asked for without an echo, and what takes something away asks first', async (t) => {
  const inspected = await typeAt(['token', 'inspect', '--json'], `${KNOWN}\r`);
  t.match(inspected, { code: 0, err: /^Credential: / });
  t.match(JSON.parse(inspected.out), { checksum: 'right' });
  t.notMatch(inspected.out + inspected.err, KNOWN.slice(0, 8), 'no echo');
  t.match(await typeAt(['token', 'inspect'], '\u0003'), { code: 1, err: /Nothing was done/ }, 'Ctrl-C');
  t.equal((await typeAt(['token', 'inspect'], '\u0004')).code, 64, 'Ctrl-D');
  const env = { GATEHOUSE_TOKEN: KNOWN, GATEHOUSE_URL: 'http://127.0.0.1:1' };
  for (const [typed, code] of [
    ['no\r', 64],
    ['\r', 64],
    ['yes\r', 69],
    ['Y\r', 69],
  ] as const) {
    const asked = await typeAt(['token', 'delete', '1'], typed, env);
    t.equal(asked.code, code, JSON.stringify(typed));
    t.match(asked.err, /^Delete token 1 for good\? \(yes\/no\): /);
  }
});

t.test('what others have named does nothing to the terminal', async (t) => {
  t.equal(printable('a\u001b[31mred\u0007\u202e\n'), 'a\\u001b[31mred\\u0007\\u202e\\u000a');
  t.equal(valueText({ a: [1, null], b: {} }), 'a=1, - b=-');
  t.same(tableLines([{ a: { b: 'x\ty' } }], [{ title: 'A', member: 'a.b' }]), ['A', 'x\\u0009y']);
  t.same(tableLines([], [{ title: 'A', member: 'a' }]), []);
});

t.test('progress is a bar where the whole is known', async (t) => {
  t.equal(progressLine('Rows', 7, null), 'Rows 7');
  t.equal(progressLine('Rows', 0, 2), `Rows [${'.'.repeat(24)}] 0/2`);
  t.equal(progressLine('Rows', 1, 2), `Rows [${'#'.repeat(12)}${'.'.repeat(12)}] 1/2`);
  t.equal(progressLine('Rows', 9, 2), `Rows [${'#'.repeat(24)}] 9/2`, 'a whole that was guessed too small');
});

const COMPLETED: readonly (readonly [readonly string[], string])[] = [
  [['us'], 'user'],
  [['org', 'rev'], 'revoke-access reviewers'],
  [['org', 'add-member', 'acme', 'bob', '--role', ''], 'admin member'],
  [['policy', 'set', 'acme', '--approval', 'no'], 'not_required no_policy'],
  [['user', 'create', 'ada', '--no-'], '--no-email-verified --no-site-admin'],
  [['token', 'inspect', '--'], '--json --help'],
];

t.test('bash completes words, options and their values', async (t) => {
  const script = completionScript('bash', COMMANDS);
  const asks = COMPLETED.map(
    ([words]) =>
      `COMP_WORDS=(gatehouse ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _gatehouse; echo "\${COMPREPLY[*]}"`,
  );
  const said = execFileSync('bash', ['-c', `${script}\n${asks.join('\n')}`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');
  t.same(
    said,
    COMPLETED.map(([, expected]) => expected),
  );
});

t.test('every script names every command and option', async (t) => {
  for (const shell of SHELLS) {
    const { code, out } = await runCommand(['completion', shell]);
    t.equal(code, 0);
    for (const { words, options } of COMMANDS) {
      t.ok(
        words.split(' ').every((word) => out.includes(word)),
        `${shell}: ${words}`,
      );
      for (const name of Object.keys(options ?? {})) t.ok(out.includes(name), `${shell}: ${words} --${name}`);
    }
  }
});

/** Where the shell is there: CI has neither, and they are not worth installing. */
const READERS = [
  ['zsh', (file: string) => ['-n', file]],
  ['fish', (file: string) => ['--no-execute', file]],
] as const;
for (const [shell, reading] of READERS) {
  t.test(`${shell} reads its completions`, async (t) => {
    if (spawnSync(shell, ['--version']).status !== 0) {
      t.pass(`${shell} is not here`, { skip: `${shell} is missing (${shell})` });
      return;
    }
    const file = join(t.testdir({ script: completionScript(shell, COMMANDS) }), 'script');
    t.equal(spawnSync(shell, reading(file)).status, 0);
    t.not(spawnSync(shell, reading(join(t.testdir({ script: 'if then (' }), 'script'))).status, 0, 'one with a fault');
  });
}

t.test('a credential goes to the service that is meant, and nowhere else', async (t) => {
  const seen: (string | undefined)[] = [];
  const other = createServer((request, answer) => {
    seen.push(request.headers.authorization);
    answer.end('{}');
  }).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const service = createServer((_request, answer) => {
    answer.writeHead(307, { location: `http://127.0.0.1:${port}/token` }).end();
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  t.teardown(() => {
    for (const each of [other, service]) each.close().closeAllConnections();
  });
  const GATEHOUSE_URL = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const env = { GATEHOUSE_TOKEN: KNOWN, GATEHOUSE_URL, ADMIN_PASSWORD: KNOWN };
  for (const [command, code] of [
    ['whoami', 70],
    ['demo', 1],
  ] as const) {
    const redirected = await runCommand([command], { env });
    t.equal(redirected.code, code, command);
    t.same(seen, [], 'a redirect is not followed');
  }
  const cases: readonly (readonly [string, number])[] = [
    ['http://service.example', 78],
    ['http://0.0.0.0:1', 78],
    ['http://user:password@127.0.0.1:1', 78],
    ['ftp://127.0.0.1', 78],
    ['nonsense', 78],
    ['http://127.0.0.1:1', 69],
    ['http://[::1]:1', 69],
    ['http://localhost:1', 69],
  ];
  for (const [url, code] of cases) {
    for (const command of ['whoami', 'demo']) {
      const ran = await runCommand([command, '--url', url], { env });
      t.equal(ran.code, code, `${command} ${url}`);
      t.notMatch(ran.err, KNOWN);
    }
  }
  const allowed = await runCommand(['whoami', '--url', 'http://0.0.0.0:1', '--plain-http'], { env });
  t.equal(allowed.code, 69, 'who says so may');
});
