// The `console` blocks of a document: commands behind `$ ` (further lines behind `> `) and what they print. All commands of a
// document run in one shell, one after the other, so that what one sets the next one has.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const BLOCK = /```console\n([\s\S]*?)```/g;
const MARK = '-- next command --';

export type Command = { readonly command: string; readonly prints: string };

/** The commands of all blocks, in their order. */
export function commandsOf(document: string): readonly Command[] {
  const commands: { command: string; prints: string }[] = [];
  for (const [, block = ''] of document.matchAll(BLOCK)) {
    for (const line of block.trimEnd().split('\n')) {
      const last = commands.at(-1);
      if (line.startsWith('$ ')) commands.push({ command: line.slice(2), prints: '' });
      else if (line.startsWith('> ') && last !== undefined) last.command += `\n${line.slice(2)}`;
      else if (last !== undefined) last.prints += `${line}\n`;
    }
  }
  return commands;
}

/** What each command prints now. */
export async function runCommands(
  commands: readonly Command[],
  environment: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const script = commands.map(({ command }) => `${command}\necho '${MARK}'`).join('\n');
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { env: { ...process.env, ...environment } });
  return stdout.split(`${MARK}\n`).slice(0, commands.length);
}
