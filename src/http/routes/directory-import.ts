// The bulk import of the directory (contract 5).

import { Type } from 'typebox';
import { Refusal } from '../../domain/refusal.ts';
import { importDirectory } from '../../use-cases/import/import-directory.ts';
import type { AddRoutes } from '../app-type.ts';
import { tellChange } from '../consistency.ts';
import { importAnswer } from '../import-answer.ts';
import { batchesOf } from '../import-body.ts';
import { importLineReader } from '../import-line.ts';
import { Conflict } from '../schemas/common.ts';
import { ImportCountsLine, ImportLineShape, ImportResultLine } from '../schemas/import-line.ts';

export const addDirectoryImportRoutes: AddRoutes = (app, deps) => {
  const read = importLineReader();
  const stopping = new AbortController();
  app.addHook('preClose', (done) => {
    stopping.abort(new Refusal('unavailable'));
    done();
  });
  app.addSchema(ImportLineShape);
  app.addSchema(ImportResultLine);
  app.addSchema(ImportCountsLine);
  app.post(
    '/directory/import',
    {
      // Each act of the import is an entry of its own, written with its batch.
      config: { access: { client: 'directory', audit: null }, body: 'lines', line: Type.Ref('ImportLine') },
      schema: {
        operationId: 'importDirectory',
        summary: 'Import people, organizations, repositories and roles, line by line',
        description:
          'Newline-delimited JSON in and out: a line of the answer for each line of the body, in their order and as the ' +
          'work goes on, and the counts at the end. An older version never overwrites a newer one.',
        tags: ['directory'],
        response: {
          200: {
            description: 'A line for each line, then the counts',
            content: {
              'application/x-ndjson': { schema: Type.Union([Type.Ref('ImportResult'), Type.Ref('ImportCounts')]) },
            },
          },
          409: Conflict,
        },
      },
    },
    async (request, reply) => {
      const chunks = request.body as AsyncIterable<Buffer> | undefined; // config.body says so (body.ts)
      if (chunks === undefined) throw new Refusal('unsupported_media_type'); // neither a type nor a body
      const batches = batchesOf(chunks, { read, signal: stopping.signal });
      const { lines, is_whole } = await importAnswer(deps, request, importDirectory(deps, request.caller, batches));
      if (is_whole) await tellChange(deps, request, reply);
      return reply.type('application/x-ndjson').send(lines as never);
    },
  );
};
