// Starts an entry of this project (`node src/launch.mjs src/main.ts`) or a tool of its packages (`… tsc -p .`), after making
// sure that Node is new enough to run TypeScript and that the locked packages are installed. Plain JavaScript that any Node can
// parse. An old Node is not an error: the pinned one is fetched once into `.runtime`, verified, and used from there.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import * as modules from 'node:module';
import { constants } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const NODE_VERSION_PINNED = '24.21.0';
/** The packages that carry the pinned Node, with the digests of their archives: there is no lockfile for `.runtime`. */
const RUNTIMES = {
  'linux-x64': 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  'linux-arm64': 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
};
const downloadsAllowed = process.env.GATEHOUSE_NO_DOWNLOAD !== '1';

const [target, ...args] = process.argv.slice(2);
if (target === undefined) fail('Say what to start: `node src/launch.mjs src/main.ts`.');

const node = isNewEnough(process.versions.node) ? process.execPath : pinnedNode();
const environment = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
if (!packagesAreInstalled()) installPackages();

const isEntry = /\.(m?[jt]s)$/.test(target);
const script = isEntry ? resolve(ROOT, target) : toolPath(target);
// What Node has compiled of our own files and of the packages is kept beside those: the next start takes two thirds of the time.
const isOwn = isEntry && target.startsWith('src/');
if (isOwn && process.env.NODE_COMPILE_CACHE === undefined) {
  const compiled = join(ROOT, 'node_modules', '.cache', 'compiled-service');
  environment.NODE_COMPILE_CACHE = compiled;
  process.env.NODE_COMPILE_CACHE = compiled; // for what this process starts: workers
  modules.enableCompileCache?.(compiled);
}
if (isEntry && node === process.execPath) {
  process.argv = [node, script, ...args];
  await import(pathToFileURL(script).href);
} else {
  runChild([script, ...args]);
}

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 18);
}

/** The path of the pinned Node, fetched when it is not there yet. */
function pinnedNode() {
  const tooOld = `Node ${process.versions.node} is too old: this project needs Node 22.18 or newer (24 recommended).`;
  const platform = `${process.platform}-${process.arch}`;
  const folder = join(ROOT, '.runtime', `node-v${NODE_VERSION_PINNED}-${platform}`);
  const binary = join(folder, 'bin', 'node');
  if (existsSync(binary)) return binary;
  const integrity = RUNTIMES[platform];
  if (!downloadsAllowed || integrity === undefined) fail(tooOld);
  process.stderr.write(`${tooOld} Fetching Node ${NODE_VERSION_PINNED} into .runtime, once.\n`);
  fetchRuntime(`node-${platform}@${NODE_VERSION_PINNED}`, integrity, folder);
  return binary;
}

/** Fetches one package archive through npm, compares its digest, and puts it in place in one step, so that no half of it is ever used. */
function fetchRuntime(spec, integrity, folder) {
  mkdirSync(dirname(folder), { recursive: true });
  const work = mkdtempSync(join(dirname(folder), 'fetch-'));
  try {
    const packed = npm(['pack', spec, '--json', '--pack-destination', work], { ...process.env }, [
      'ignore',
      'pipe',
      'inherit',
    ]);
    const archive = join(work, JSON.parse(packed)[0].filename);
    const digest = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (digest !== integrity) fail(`The archive of ${spec} is not the one that was pinned; nothing was installed.`);
    const unpacked = spawnSync('tar', ['-xzf', archive, '-C', work], { stdio: 'inherit' });
    if (unpacked.status !== 0) fail(`The archive of ${spec} could not be unpacked with tar.`);
    renameUnlessThere(join(work, 'package'), folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function renameUnlessThere(from, to) {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}

/** Whether every package that the lockfile demands is installed in that version. Optional ones may be missing. */
function packagesAreInstalled() {
  const installed = lockedPackages(join(ROOT, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return false;
  const wanted = Object.entries(lockedPackages(join(ROOT, 'package-lock.json')) ?? {});
  return wanted.every(([path, entry]) => {
    const mayBeMissing = path === '' || entry.optional === true || entry.devOptional === true || entry.peer === true;
    const found = installed[path];
    return found === undefined ? mayBeMissing : found.version === entry.version;
  });
}

function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function installPackages() {
  if (!downloadsAllowed) fail('The locked packages are not installed: run `npm ci`.');
  process.stderr.write('Installing the locked packages, once.\n');
  npm(['ci', '--no-fund', '--no-audit', '--loglevel=error'], environment, ['ignore', 2, 'inherit']);
}

/** Runs npm (the one that started us, if there is one) and answers its standard output. */
function npm(npmArgs, env, stdio) {
  const own = process.env.npm_execpath;
  const [command, before] = own?.endsWith('.js') ? [process.execPath, [own]] : ['npm', []];
  const done = spawnSync(command, [...before, ...npmArgs], { cwd: ROOT, env, stdio, encoding: 'utf8' });
  if (done.status !== 0) fail(`\`npm ${npmArgs[0]}\` did not succeed; the lines above say why.`);
  return done.stdout;
}

function toolPath(name) {
  const link = join(ROOT, 'node_modules', '.bin', name);
  if (!existsSync(link)) fail(`There is no file and no tool named \`${name}\`.`);
  return realpathSync(link);
}

/**
 * Runs the script as a child of the right Node. The child has its own process group: Ctrl-C on a terminal reaches it once,
 * forwarded from here, and not a second time from the terminal itself.
 */
function runChild(childArgs) {
  const child = spawn(node, childArgs, { stdio: 'inherit', env: environment, detached: true });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`\`${node}\` could not be started: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}
