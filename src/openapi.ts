// `npm run openapi`: writes openapi/openapi.json. A test compares the committed file with what the routes say.

import { mkdir, writeFile } from 'node:fs/promises';
import { openapiText } from './openapi-document.ts';

const FOLDER = new URL('../openapi/', import.meta.url);

await mkdir(FOLDER, { recursive: true });
await writeFile(new URL('openapi.json', FOLDER), await openapiText());
