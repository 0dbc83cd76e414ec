// `npm run db:types`: writes src/db/schema.ts from what the migrations make of an empty database.
import { writeFileSync } from 'node:fs';
import { generateSchemaTypes, SCHEMA_FILE } from './schema-types.ts';
import { startTestServer } from './server.ts';

const server = await startTestServer();
try {
  writeFileSync(SCHEMA_FILE, generateSchemaTypes(server.template_url));
} finally {
  await server.stop();
}
