// `npm run openapi`: records the examples against a throwaway database and writes openapi/examples.json, then the document with
// them, openapi/openapi.json. Tests compare both with what the service says.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { printExamples, recordExamples } from '../examples/record.ts';
import { openapiText } from './openapi-document.ts';
import { startTestServer } from './server.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'openapi');

const server = await startTestServer();
try {
  writeFileSync(join(FOLDER, 'examples.json'), printExamples(await recordExamples(server.template_url)));
} finally {
  await server.stop();
}
writeFileSync(join(FOLDER, 'openapi.json'), await openapiText());
