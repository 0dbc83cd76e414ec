// AuthZEN's searches (Authorization API 1.0 section 8, contract 10): who may do this, to which resources, which actions.

import type { FastifyRequest } from 'fastify';
import { readQuestion } from '../../use-cases/checks/read-questions.ts';
import type { PageQuestion } from '../../use-cases/search/page-token.ts';
import { type Found, type PageAsked, runSearch } from '../../use-cases/search/run-search.ts';
import { searchActions } from '../../use-cases/search/search-actions.ts';
import { searchResources } from '../../use-cases/search/search-resources.ts';
import { searchSubjects } from '../../use-cases/search/search-subjects.ts';
import type { AddRoutes } from '../app-type.ts';
import { clientOf } from '../caller-of.ts';
import { awaitChangeOfContext } from '../consistency.ts';
import { ActionSearch, ActionsFound, EntitiesFound, ResourceSearch, SubjectSearch } from '../schemas/search.ts';

// Asking changes nothing, so there is no entry of the record.
const CONFIG = { access: { client: 'evaluate', audit: null }, wrong_body: 400, urgency: 'other' } as const;

/** In the place of what is searched: it is not looked at. */
const ANYBODY = { type: 'anonymous', id: 'anonymous' } as const;
const ANYTHING = '';

type Entity = { readonly type: string; readonly id?: string; readonly properties?: object };
type Body = {
  readonly subject: Entity;
  readonly action?: { readonly name: string; readonly properties?: object };
  readonly resource: Entity;
  readonly context?: object;
  readonly page?: PageAsked;
};

/** The members that were declared: all others are ignored. */
function entityOf({ type, id, properties }: Entity): Entity {
  return { type, ...(id !== undefined && { id }), ...(properties !== undefined && { properties }) };
}

/** What must be the same on every page (section 8.2), without the id of what is searched. */
function pagedBy(request: FastifyRequest, search: PageQuestion['search'], body: Body) {
  const { subject, action, resource, context, page = {} } = body;
  const entities = {
    subject: entityOf(search === 'subject' ? { ...subject, id: ANYTHING } : subject),
    action: search === 'action' ? null : { name: action?.name, properties: action?.properties },
    resource: entityOf(search === 'resource' ? { ...resource, id: ANYTHING } : resource),
    context,
  };
  return { question: { search, client_id: clientOf(request).id, entities }, page };
}

function answer<Result>({ results, next_token }: Found, present: (result: string) => Result) {
  return { page: { next_token, count: results.length }, results: results.map(present) };
}

export const addSearchRoutes: AddRoutes = (app, deps) => {
  app.post(
    '/access/v1/search/subject',
    {
      config: CONFIG,
      schema: {
        operationId: 'searchSubjects',
        summary: 'Who may do this to that resource? (AuthZEN)',
        tags: ['evaluation'],
        body: SubjectSearch,
        response: { 200: EntitiesFound },
      },
    },
    async (request) => {
      await awaitChangeOfContext(deps, request.body.context);
      const { subject, action, resource } = request.body;
      const asked = await readQuestion(deps, { subject: ANYBODY, action, resource });
      const found = await runSearch(deps, pagedBy(request, 'subject', request.body), (page) =>
        searchSubjects(deps, subject.type, { client: clientOf(request), asked, ...page }),
      );
      return answer(found, (id) => ({ type: subject.type, id }));
    },
  );
  app.post(
    '/access/v1/search/resource',
    {
      config: CONFIG,
      schema: {
        operationId: 'searchResources',
        summary: 'To which resources may this subject do this, otherwise than by public read? (AuthZEN)',
        tags: ['evaluation'],
        body: ResourceSearch,
        response: { 200: EntitiesFound },
      },
    },
    async (request) => {
      await awaitChangeOfContext(deps, request.body.context);
      const { subject, action, resource } = request.body;
      const asked = await readQuestion(deps, { subject, action, resource: { ...resource, id: ANYTHING } });
      const found = await runSearch(deps, pagedBy(request, 'resource', request.body), (page) =>
        searchResources(deps, resource.type, { client: clientOf(request), asked, ...page }),
      );
      return answer(found, (id) => ({ type: resource.type, id }));
    },
  );
  app.post(
    '/access/v1/search/action',
    {
      config: CONFIG,
      schema: {
        operationId: 'searchActions',
        summary: 'Which permissions does this subject hold on that resource? (AuthZEN)',
        tags: ['evaluation'],
        body: ActionSearch,
        response: { 200: ActionsFound },
      },
    },
    async (request) => {
      await awaitChangeOfContext(deps, request.body.context);
      const { subject, resource } = request.body;
      const asked = await readQuestion(deps, { subject, action: { name: ANYTHING }, resource });
      const found = await runSearch(deps, pagedBy(request, 'action', request.body), (page) =>
        searchActions(deps, { client: clientOf(request), asked, ...page }),
      );
      return answer(found, (name) => ({ name }));
    },
  );
};
