// Whether the process lives and whether it can answer checks (contract 3 and 10). Open to all: a load balancer asks.

import { Type } from 'typebox';
import { Refusal } from '../../domain/refusal.ts';
import { checkReadiness } from '../../use-cases/service/readiness.ts';
import type { AddRoutes } from '../app-type.ts';
import { isDraining } from '../drain.ts';

const Health = Type.Object({ status: Type.Enum(['ok']) });

export const addHealthRoutes: AddRoutes = (app, deps): void => {
  app.get('/health/live', route('Whether the process lives; needs no database'), () => ({ status: 'ok' as const }));

  app.get('/health/ready', route('Whether checks can be answered; 503 if not'), async () => {
    if (isDraining(app)) throw new Refusal('unavailable');
    await checkReadiness(deps);
    return { status: 'ok' as const };
  });
};

function route(summary: string) {
  return {
    config: { access: { open: true as const }, urgency: 'always' as const },
    schema: { summary, tags: ['health'], response: { 200: Health } },
  };
}
