// Every noun's routes, in the order in which they are added. A new route file is appended here.

import type { AddRoutes } from '../app-type.ts';
import { addDiscoveryRoutes } from './discovery.ts';
import { addDocumentRoutes } from './documents.ts';
import { addEvaluationRoutes } from './evaluation.ts';
import { addHealthRoutes } from './health.ts';
import { addMetricsRoutes } from './metrics.ts';
import { addOAuthRoutes } from './oauth.ts';
import { addSessionRoutes } from './sessions.ts';
import { addTokenRoutes } from './tokens.ts';
import { addVocabularyRoutes } from './vocabulary.ts';

export const ROUTES: readonly AddRoutes[] = [
  addHealthRoutes,
  addMetricsRoutes,
  addDocumentRoutes,
  addSessionRoutes,
  addTokenRoutes,
  addOAuthRoutes,
  addEvaluationRoutes,
  addDiscoveryRoutes,
  addVocabularyRoutes,
];
