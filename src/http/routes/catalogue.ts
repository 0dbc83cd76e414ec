// The catalogue of operations of other APIs (contract 8), as site administrators load it.

import { Type } from 'typebox';
import { DOCUMENT_BYTES_MAX } from '../../domain/catalogue-document.ts';
import { setCatalogue } from '../../use-cases/catalogue/set-catalogue.ts';
import { showCatalogue } from '../../use-cases/catalogue/show-catalogue.ts';
import type { AddRoutes } from '../app-type.ts';
import { CatalogueDocument, CatalogueState } from '../schemas/catalogue.ts';
import { DocumentErrorBody } from '../schemas/common.ts';

export const addCatalogueRoutes: AddRoutes = (app, deps) => {
  app.addSchema(CatalogueState);
  app.addSchema(DocumentErrorBody);
  app.get(
    '/admin/catalogue',
    {
      config: { access: { session: 'site_administrator' } },
      schema: {
        operationId: 'getCatalogue',
        summary: 'Which catalogue of operations is in force',
        tags: ['administration'],
        response: { 200: Type.Ref('CatalogueState') },
      },
    },
    () => showCatalogue(deps),
  );
  app.put(
    '/admin/catalogue',
    {
      config: {
        access: { session: 'site_administrator', audit: 'catalogue.update' },
        body: 'document',
        urgency: 'other',
      },
      bodyLimit: DOCUMENT_BYTES_MAX,
      // The schema is for readers: the use-case says all that is wrong, and where.
      validatorCompiler: () => () => true,
      schema: {
        operationId: 'setCatalogue',
        summary: 'Put another catalogue of operations in force',
        description:
          'An OpenAPI 3.x document whose operations say by `x-` members what they need, or an array of operations. It takes ' +
          'the place of the whole catalogue before it; with any fault nothing is changed.',
        tags: ['administration'],
        body: CatalogueDocument,
        response: { 200: Type.Ref('CatalogueState'), 422: Type.Ref('DocumentError') },
      },
    },
    (request) => setCatalogue(deps, request.caller, request.body),
  );
};
