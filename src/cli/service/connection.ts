// Where the service is and as whom it is called: options, environment, and the sessions that `gatehouse login` has kept. A credential is
// never taken from the command line, and never sent over the network in the clear unless somebody says so.

import { readFile, stat } from 'node:fs/promises';
import { isLoopback } from '../../loopback.ts';
import type { Invocation, Option } from '../command.ts';
import { EXIT, failure } from '../exit.ts';
import { note, type Terminal } from '../terminal.ts';
import { keptSession } from './kept-sessions.ts';

const DEFAULT_URL = 'http://127.0.0.1:8080';
/** Of a file's mode: what others than its owner may do. */
const OF_OTHERS = 0o077;

/** Which service, for commands that call one. */
export const URL_OPTIONS: Readonly<Record<string, Option>> = {
  url: { value: 'URL', about: `The service; else GATEHOUSE_URL, else ${DEFAULT_URL}` },
  'plain-http': { about: 'Call another machine by http, where everybody on the way can read the credential' },
};

/** As whom, besides. */
export const SERVICE_OPTIONS: Readonly<Record<string, Option>> = {
  ...URL_OPTIONS,
  'token-file': {
    value: 'FILE',
    about:
      'File with the credential; else GATEHOUSE_TOKEN, GATEHOUSE_TOKEN_FILE, else the session of `gatehouse login`',
  },
};

export type Connection = { readonly url: string; readonly credential: string | null };

/** The service without a credential, for what is open to all. */
export function findService({ input, terminal }: Invocation): Connection {
  const text = input.text('url') ?? (terminal.env.GATEHOUSE_URL || DEFAULT_URL);
  const url = URL.parse(text);
  const is_bare = url !== null && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
  if (!is_bare || !['http:', 'https:'].includes(url.protocol)) {
    throw failure(
      EXIT.configuration,
      'The URL of the service must be http or https, without user, query and fragment.',
      {
        code: 'configuration',
      },
    );
  }
  const is_open = url.protocol === 'http:' && !isLoopback(url.hostname.replace(/^\[|\]$/g, ''));
  if (is_open && input.flag('plain-http') !== true) {
    const why = `${url.origin} is another machine, and http shows the credential to everybody on the way.`;
    throw failure(EXIT.configuration, why, { code: 'configuration', lines: ['Use https, or say --plain-http.'] });
  }
  return { url: url.href.replace(/\/+$/, ''), credential: null };
}

/** The service, and as whom it is called. Refused: no credential. */
export async function connect(invocation: Invocation): Promise<Connection & { readonly credential: string }> {
  const { url } = findService(invocation);
  const { input, terminal } = invocation;
  const credential = await findCredential(terminal, url, input.text('token-file'));
  if (credential !== null) return { url, credential };
  throw failure(EXIT.not_allowed, `There is no credential for ${url}.`, {
    code: 'authentication_required',
    lines: ['Sign in with `gatehouse login`, or give GATEHOUSE_TOKEN, GATEHOUSE_TOKEN_FILE or --token-file.'],
  });
}

async function findCredential(terminal: Terminal, url: string, file: string | undefined): Promise<string | null> {
  const { GATEHOUSE_TOKEN, GATEHOUSE_TOKEN_FILE } = terminal.env;
  if (file !== undefined) return readCredential(terminal, file);
  if (GATEHOUSE_TOKEN) return checked(GATEHOUSE_TOKEN.trim(), 'GATEHOUSE_TOKEN');
  if (GATEHOUSE_TOKEN_FILE) return readCredential(terminal, GATEHOUSE_TOKEN_FILE);
  return (await keptSession(terminal, url))?.token ?? null;
}

async function readCredential(terminal: Terminal, file: string): Promise<string> {
  try {
    const { mode } = await stat(file);
    if ((mode & OF_OTHERS) !== 0) note(terminal, `Others than its owner may use ${file}: chmod 600 it.`);
    return checked((await readFile(file, 'utf8')).trim(), file);
  } catch (error) {
    const is_system = error instanceof Error && 'syscall' in error;
    if (!is_system) throw error;
    throw failure(EXIT.configuration, `The credential cannot be read: ${error.message}`, { code: 'configuration' });
  }
}

/** One word of visible characters: anything else could not be a header. */
function checked(text: string, from: string): string {
  if (/^[!-~]{1,4096}$/.test(text)) return text;
  throw failure(EXIT.configuration, `${from} holds no credential.`, { code: 'configuration' });
}
