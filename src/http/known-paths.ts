// The paths that this API has, apart from their methods: what tells 405 from 404. The router itself only knows pairs of
// method and path. Asked only when the router found nothing, so nothing is ever authorised by it.

import type { FastifyInstance } from 'fastify';

export type KnownPath = { readonly methods: readonly string[]; readonly oauth: boolean };

type Template = { readonly methods: Set<string>; readonly oauth: boolean };

/** Collects every route that is added from now on; the answer finds the path of a request's URL. */
export function knownPaths(app: FastifyInstance): (url: string) => KnownPath | undefined {
  const templates = new Map<string, Template>();
  /** Made when somebody asks for what is not there. */
  let patterns: readonly (Template & { readonly pattern: RegExp })[] | null = null;
  app.addHook('onRoute', (route) => {
    const template = templates.get(route.url) ?? {
      methods: new Set<string>(),
      oauth: route.config?.errors === 'oauth',
    };
    templates.set(route.url, template);
    for (const method of [route.method].flat()) template.methods.add(method);
  });
  return (url) => {
    const path = pathOf(url);
    patterns ??= [...templates].map(([url, template]) => ({ ...template, pattern: patternOf(url) }));
    const found = patterns.filter(({ pattern }) => pattern.test(path));
    if (found.length === 0) return undefined;
    const methods = [...new Set(found.flatMap((template) => [...template.methods]))].sort();
    return { methods, oauth: found.some((template) => template.oauth) };
  };
}

/** `:name` stands for one segment, `*` for any rest. */
function patternOf(template: string): RegExp {
  const source = template
    .split('/')
    .map((segment) => {
      if (segment.startsWith(':')) return '[^/]+';
      return segment === '*' ? '.*' : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    })
    .join('/');
  return new RegExp(`^${source}$`);
}

function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  return end < 0 ? url : url.slice(0, end);
}
