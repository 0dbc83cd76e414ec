// The process of the command `gatehouse`: its streams, its environment and its clock, handed to the command that the line names.

import { COMMANDS } from './commands.ts';
import { runLine } from './run.ts';

const terminal = {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  now: () => new Date(),
};
// Who reads our answer may stop to (`| head`): that is no fault of ours, and makes no other answer of what was found.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') process.exit(1);
});
process.exitCode = await runLine(COMMANDS, process.argv.slice(2), terminal);
