// The log: one JSON object a line on standard output, or readable lines where that is a terminal.
import { hostname } from 'node:os';
import { destination, type Logger, pino } from 'pino';
import type { Config } from './config.ts';

/** Lines are written together: each write wakes a thread, which costs as much as several checks. */
const ALONE = { minLength: 32_768, maxWrite: 65_536 } as const;
/** Workers write to the same pipe. It takes so many bytes (PIPE_BUF) as one piece; of more, another's could come between. */
const BESIDE_OTHERS = { minLength: 3072, maxWrite: 4096 } as const;
/** So late is a line at the most. Who is killed with -9 loses those; every other end writes them first. */
const TOGETHER_MS = 100;

/** The log of the process. `to`: a path in place of standard output. `worker`: which one of several it is; null where there is one only. */
export async function openLog(
  level: Config['log_level'],
  { is_terminal, worker, to }: { readonly is_terminal: boolean; readonly worker: string | null; readonly to?: string },
): Promise<Logger> {
  const options = worker === null ? { level } : { level, base: { pid: process.pid, hostname: hostname(), worker } };
  if (!is_terminal) {
    const lines = destination({
      dest: to ?? 1,
      sync: false,
      contentMode: 'buffer',
      ...(worker === null ? ALONE : BESIDE_OTHERS),
    });
    // As text, all that waits would be measured anew with every line that is added to it.
    const writeBytes: (bytes: Buffer) => boolean = lines.write.bind(lines) as never;
    lines.write = (text) => writeBytes(Buffer.from(text));
    setInterval(() => lines.flush(), TOGETHER_MS).unref();
    return pino(options, lines);
  }
  const { default: pretty } = await import('pino-pretty');
  return pino(options, pretty({ sync: true, colorize: true, ignore: 'pid,hostname' }));
}
