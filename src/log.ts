// The log: one JSON object a line on standard output, or readable lines where that is a terminal.
import { destination, type Logger, pino } from 'pino';
import type { Config } from './config.ts';

/** The log of the process. */
export async function openLog(level: Config['log_level'], options: { is_terminal: boolean }): Promise<Logger> {
  if (!options.is_terminal) return pino({ level }, destination({ fd: 1, sync: true }));
  const { default: pretty } = await import('pino-pretty');
  return pino({ level }, pretty({ sync: true, colorize: true, ignore: 'pid,hostname' }));
}
