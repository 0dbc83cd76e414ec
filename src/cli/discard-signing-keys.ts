// `npm run keys:discard -- --yes`: takes all signing keys away, where their secret or file is lost and the service does not start.

import { parseArgs } from 'node:util';
import { loadConfig } from '../config.ts';
import { changeDatabase } from '../open-database.ts';
import { EXIT_CONFIGURATION } from '../start-refusal.ts';
import { discardSigningKeys } from '../use-cases/signing-keys/discard-signing-keys.ts';

const USAGE = `npm run keys:discard -- --yes
  Takes away all signing keys of the database (DATABASE_URL, or the embedded one in DATA_DIR): JWTs that they signed, which live
  15 minutes at most, do not verify any more, and the next start makes new keys.`;

try {
  const { values } = parseArgs({ options: { yes: { type: 'boolean' } } });
  if (values.yes !== true) throw new Error('Nothing was done: say --yes.');
  const kids = await changeDatabase(loadConfig(process.env), process.env, discardSigningKeys);
  process.stdout.write(`${kids.length} signing keys were taken away${kids.map((kid) => `\n  ${kid}`).join('')}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}\n`);
  process.exitCode = EXIT_CONFIGURATION;
}
