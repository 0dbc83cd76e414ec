// What a process says to who has started it, beside the log: where its data are and where it listens, the first password, why it does not
// start. For people a line each; with `--json` an object a line, as the log is then at a terminal too.

import { EXIT_CONFIGURATION, isStartRefusal } from './start-refusal.ts';

/** Whether the process was started for a program. Workers get the arguments of their parent. */
export function isForPrograms(args: readonly string[]): boolean {
  return args.includes('--json');
}

export type Said = {
  readonly is_json: boolean;
  readonly print: (line: string) => void;
};

type Listening = {
  readonly public_url: string;
  readonly admin_login: string;
  /** Of the administrator who was made just now; null: it is known already. */
  readonly generated_password: string | null;
};

export function announceData({ is_json, print }: Said, folder: string): void {
  print(is_json ? JSON.stringify({ data: { folder } }) : `Gatehouse keeps its data in ${folder}`);
}

/** Written at once: who waits for the first line has the second one too. */
export function announceListening({ is_json, print }: Said, listening: Listening): void {
  const { public_url: url, admin_login: login, generated_password: password } = listening;
  const docs = `${url}/docs`;
  const lines = [
    is_json ? JSON.stringify({ ready: { url, docs } }) : `Gatehouse listens on ${url}, and explains itself at ${docs}`,
  ];
  if (password !== null)
    lines.push(
      is_json
        ? JSON.stringify({ administrator: { login, password } })
        : `Site administrator: ${login}, password: ${password} (shown only this once)`,
    );
  print(lines.join('\n'));
}

/** What ended the start, and the code to end with. */
export function announceFailure({ is_json, print }: Said, error: unknown): number {
  const is_refusal = isStartRefusal(error);
  const exit_code = is_refusal ? EXIT_CONFIGURATION : 1;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const message = is_refusal ? error.message : stack;
  const code = is_refusal ? 'configuration' : 'software';
  print(is_json ? JSON.stringify({ error: { message, code, exit_code } }) : message);
  return exit_code;
}
