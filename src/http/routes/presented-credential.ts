// Whoever presents a credential is told what it is and may do (contract 6).

import { describeCredential } from '../../use-cases/checks/describe-credential.ts';
import type { AddRoutes } from '../app-type.ts';
import { factsOf } from '../caller-of.ts';
import { presentCredential } from '../present/credential.ts';
import { PresentedCredential } from '../schemas/tokens.ts';

export const addPresentedCredentialRoutes: AddRoutes = (app, deps) => {
  app.get(
    '/token',
    {
      config: { access: { self: true } },
      schema: {
        operationId: 'describeCredential',
        summary: 'What the presented credential is and may do',
        tags: ['tokens'],
        response: { 200: PresentedCredential },
      },
    },
    async (request) => presentCredential(await describeCredential(deps, request.caller, factsOf(request))),
  );
};
