// The one registry of metrics of a process. Labels are from closed lists only (route templates, methods, statuses, reasons, names of
// jobs), never a name, an id or an address. docs/metrics.md lists all of them; a test compares it with what a scrape says.

import { collectDefaultMetrics, Gauge, Registry } from '@prometheus-io/client';

export const registry = new Registry();
collectDefaultMetrics({ register: registry });

/** A figure that is read when somebody asks, with these labels. */
export function gaugeOf<Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) {
  return new Gauge<Label>({ name: `gatehouse_${name}`, help, labelNames: [...labelNames], registers: [registry] });
}

new Gauge({
  name: 'gatehouse_build_info',
  help: 'Always 1: the version of Node that runs the service',
  labelNames: ['node'] as const,
  registers: [registry],
}).set({ node: process.versions.node }, 1);
