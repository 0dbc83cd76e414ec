// The repositories of a token (contract 6).

import { Type } from 'typebox';
import { listTokenRepositories } from '../../use-cases/tokens/list-token-repositories.ts';
import type { AddRoutes } from '../app-type.ts';
import { factsOf } from '../caller-of.ts';
import { pageOf, paginate } from '../pages.ts';
import { presentRepository } from '../present/repository.ts';
import { PageQuery } from '../schemas/common.ts';
import { TokenPath } from '../schemas/tokens.ts';

export const addTokenRepositoryRoutes: AddRoutes = (app, deps) => {
  app.get(
    '/user/personal-access-tokens/:token_id/repositories',
    {
      config: { access: { session: 'person' } },
      schema: {
        operationId: 'listTokenRepositories',
        summary: 'The repositories that one of your fine-grained tokens asks for, as far as you see them',
        tags: ['tokens'],
        params: TokenPath,
        querystring: PageQuery,
        response: { 200: Type.Array(Type.Ref('Repository')) },
      },
    },
    async (request, reply) => {
      const input = { id: request.params.token_id, page: pageOf(request.query), now: factsOf(request).now };
      const page = await listTokenRepositories(deps, request.caller, input);
      return paginate(deps, request, reply, page).map((each) => presentRepository(deps, each));
    },
  );
};
