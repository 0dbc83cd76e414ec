// The type of the application that route files get, and what a route file exports: a function that adds the routes of one
// noun. Request and answer types follow from the typebox schemas of each route.

import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { Deps } from '../deps.ts';

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** Adds the routes of one noun. Registered in `routes/index.ts`. */
export type AddRoutes = (app: App, deps: Deps) => void;
