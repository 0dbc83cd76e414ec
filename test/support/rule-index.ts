// The index of the rules: for each id, in a few words, what it says, and where code and tests carry it. `npm run docs`
// writes docs/rules.md from it; test/coverage/rules.test.ts fails where an id has no code or no test.

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The rules that are built, in the words of an index. */
export const RULES: Readonly<Record<string, string>> = {
  F1: 'What a token may do is an intersection; it never adds to what its holder may do',
  F2: 'Every live token may make public reads',
  F3: 'Deny is the answer to every doubt; a fault of the storage is 503',
  F4: 'Things are granted to ids, never to names; ids are never used again',
  F5: 'The chain of steps; the first that applies answers',
  F6: 'Absent, hidden, renamed away and deleted are the same bytes',
  F7: 'Without a credential: public reads and what is open, else 401',
  F8: 'A list holds exactly the rows whose single read would be allowed',
  K1: 'Both kinds of token belong to their holder and lose what he loses',
  K2: 'Classic tokens are bounded by scopes; public_repo counts on what is and stays public',
  K3: 'Fine-grained tokens have one resource owner, a selection and permissions',
  K4: 'Levels include the lower ones; which permissions go with which resource owner',
  K5: 'The permissions and the scopes that exist, and their normal form',
  K6: 'What a fine-grained token can never do',
  K7: 'Tokens never manage tokens, sessions, administration or policies',
  M1: 'The holder has a verified e-mail address',
  M2: 'Names and descriptions',
  M3: 'Three ways to say how long a token lives, and the default',
  M4: 'Which resource owners are eligible',
  M5: 'Approval: pending, or granted at once',
  M6: 'The limits of repositories and of tokens',
  M7: 'Editing: narrowing at once, widening by a new request, life never longer',
  M8: 'Regenerating: new text, same token, overlap',
  M9: 'How tokens end, and what ends with them',
  M10: 'What the holder loses, his tokens lose without being touched',
  P1: 'An organization may restrict classic tokens',
  P2: 'An organization opts in to fine-grained tokens',
  P3: 'An organization may require approval',
  P4: 'Caps on the life of tokens, judged when made, regenerated and used',
  P5: 'What an enterprise says binds its organizations; caps only tighten',
  P6: 'A policy takes effect at once and takes nothing away for good',
  P7: 'What is in force, member by member, and who set it',
  A1: 'Who reviews requests and grants; all of many, or none',
  A2: 'How a request ends, and what of its token stands then',
  A3: 'A grant that is revoked ends access, not the token',
  A4: 'Who leaves loses requests, grants and the right to review; who returns asks again',
  C1: 'What an operation declares, and what is enough for it',
  C2: 'Which operations there are: built in, or of a catalogue; which resource each is about',
  C3: 'The most specific template; what is ambiguous in a path is refused',
  C4: 'Git over smart HTTP, and workflow files',
  C5: 'The ceiling: roles and what each permission needs',
  C6: 'Which classic scopes are enough for a permission',
  O1: 'Where single sign-on is required, everything but public reads needs an authorisation',
  O2: 'What is told where it is missing; owners see and revoke authorisations, a revoked one needs a new token',
  O3: 'Which ID tokens are believed, once; whom they link; how long a session lasts',
  T1: 'Introspection of what is not live says exactly that it is inactive',
  T2: 'Whoever finds texts of ours can end them, and holders are told',
  T3: 'An exchanged token is narrower than its token at every moment, and ends with the text that made it',
  T4: 'An address that presents too many bad credentials has to wait; authenticated clients do not',
  T5: 'A session is the person himself, for this API only',
  T6: 'A client of some organizations learns nothing beyond them',
  L1: 'Exactly one entry of the record an action, in its transaction; refused attempts too',
  L2: 'What an entry says; logs are searched, ordered and paged, stable under late commits',
  L3: 'Hooks and holders hear of requests and of what becomes of tokens',
  U1: 'What tokens exercise is counted by day for thirty days, and which smaller grant would have done as well',
};

const ROOT = join(import.meta.dirname, '..', '..');
/** Ids of other documents carry the document's name in front. */
const OTHER_DOCUMENT = /\b(?:promises|faults|threats|laws)\s+[A-Z]\d+/g;

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort();
}

type Part = { readonly file: string; readonly text: string };

/** What of each file may carry ids: read once, and not for every id. */
function partsOf(files: readonly string[], part: (text: string) => string): readonly Part[] {
  return files.map((file) => ({
    file,
    text: part(readFileSync(join(ROOT, file), 'utf8').replace(OTHER_DOCUMENT, '')),
  }));
}

function carrying(id: string, parts: readonly Part[]): string[] {
  const mark = new RegExp(`\\b${id}\\b`);
  return parts.filter(({ text }) => mark.test(text)).map(({ file }) => file);
}

/** Only comments of the code count; a constant that happens to be named like a rule does not. */
function comments(text: string): string {
  return (text.match(/\/\/.*|\/\*[\s\S]*?\*\//g) ?? []).join('\n');
}

/** Only names of tests count. */
function testNames(text: string): string {
  return (text.match(/(?:\.test|\blaw)\(\s*(['"`])[\s\S]*?\1/g) ?? []).join('\n');
}

export type RuleEntry = {
  readonly id: string;
  readonly says: string;
  readonly code: string[];
  readonly tests: string[];
};

/** Where each rule is carried now. */
export function ruleEntries(): RuleEntry[] {
  const code = partsOf(filesBelow('src'), comments);
  const tests = partsOf(
    filesBelow('test').filter((file) => file.endsWith('.test.ts')),
    testNames,
  );
  return Object.entries(RULES).map(([id, says]) => ({
    id,
    says,
    code: carrying(id, code),
    tests: carrying(id, tests),
  }));
}

/** docs/rules.md as it has to be. */
export function rulesDocument(): string {
  const rows = ruleEntries().map(
    ({ id, says, code, tests }) => `| ${id} | ${says} | ${code.join('<br>')} | ${tests.join('<br>')} |`,
  );
  return [
    '# Rules: where each one is',
    '',
    'What the service decides, one rule a line. Comments in the code and the names of tests carry the ids; this page is',
    'generated from them by `npm run docs`. The decision itself begins in [src/domain/decide.ts](../src/domain/decide.ts).',
    '',
    '| id | says | code | tests |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
