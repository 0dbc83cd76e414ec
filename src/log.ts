// The log: one JSON object a line on standard output, or readable lines where that is a terminal.
import { hostname } from 'node:os';
import { destination, type Logger, pino } from 'pino';
import type { Config } from './config.ts';

/** The log of the process. `worker`: which one of several it is; null where there is one only. */
export async function openLog(
  level: Config['log_level'],
  { is_terminal, worker }: { readonly is_terminal: boolean; readonly worker: string | null },
): Promise<Logger> {
  const options = worker === null ? { level } : { level, base: { pid: process.pid, hostname: hostname(), worker } };
  if (!is_terminal) return pino(options, destination({ fd: 1, sync: true }));
  const { default: pretty } = await import('pino-pretty');
  return pino(options, pretty({ sync: true, colorize: true, ignore: 'pid,hostname' }));
}
