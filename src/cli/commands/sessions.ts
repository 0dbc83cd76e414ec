// `gatehouse login`, `logout` and `whoami`: the session by which the other commands call the service.

import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { recordLines } from '../print.ts';
import { callService } from '../service/call.ts';
import { connect, findService } from '../service/connection.ts';
import { type KeptSession, keepSession, keptSession, sessionsFile } from '../service/kept-sessions.ts';
import { printJson, printLine, readSecret, type Terminal } from '../terminal.ts';

type Session = { readonly token: string; readonly expires_at: string; readonly user: { readonly login: string } };

/** Signs in with a password from standard input or a prompt, and keeps the session. */
export async function login(invocation: Invocation): Promise<ExitCode> {
  const { input, terminal, is_json } = invocation;
  const service = findService(invocation);
  const body = { login: input.operand('LOGIN'), password: await readSecret(terminal, 'Password') };
  const answer = await callService(service, { method: 'POST', path: '/sessions', body });
  const { token, expires_at, user } = answer as Session;
  await endKept(terminal, service.url);
  await keepSession(terminal, service.url, { login: user.login, token, expires_at });
  const facts = { url: service.url, login: user.login, expires_at, kept_in: sessionsFile(terminal) };
  if (is_json) printJson(terminal, facts);
  else printLine(terminal, `${user.login} is signed in at ${service.url} until ${expires_at}`);
  return EXIT.done;
}

/** Ends the kept session, here and at the service. */
export async function logout(invocation: Invocation): Promise<ExitCode> {
  const { terminal, is_json } = invocation;
  const { url } = findService(invocation);
  const kept = await endKept(terminal, url);
  await keepSession(terminal, url, null);
  if (is_json) printJson(terminal, { url, ended: kept !== null });
  else printLine(terminal, kept === null ? `Nobody was signed in at ${url}` : `${kept.login} is signed out at ${url}`);
  return EXIT.done;
}

/** Ends the session that is kept, at the service, and answers which that was. One that has ended there already is as good. */
async function endKept(terminal: Terminal, url: string): Promise<KeptSession | null> {
  const kept = await keptSession(terminal, url);
  if (kept === null) return null;
  await callService({ url, credential: kept.token }, { method: 'DELETE', path: '/session' }).catch((error: unknown) => {
    if (!isEnded(error)) throw error;
  });
  return kept;
}

function isEnded(error: unknown): boolean {
  return error instanceof Error && 'exit_code' in error && error.exit_code === EXIT.not_allowed;
}

/** What the service says of the credential. */
export async function whoami(invocation: Invocation): Promise<ExitCode> {
  const { terminal, is_json } = invocation;
  const connection = await connect(invocation);
  const answer = await callService(connection, { method: 'GET', path: '/token' });
  if (is_json) printJson(terminal, answer);
  else for (const line of recordLines({ url: connection.url, ...Object(answer) })) printLine(terminal, line);
  return EXIT.done;
}
