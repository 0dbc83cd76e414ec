// A CPU profile as a flame graph: a picture for a note, where a .cpuprofile needs a browser's tools. Wide is much time; a frame stands
// on its caller.

import { escaped } from './plot.ts';

export type Frame = { readonly functionName: string; readonly url: string; readonly lineNumber: number };
export type Profile = {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame; readonly children?: readonly number[] }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
};

type Stack = { readonly name: string; readonly own: boolean; us: number; readonly above: Map<string, Stack> };

const WIDTH = 1200;
const FRAME_HEIGHT = 17;
const TITLE_HEIGHT = 40;
const CHARACTER_WIDTH = 6.6;
/** Narrower frames are not drawn. */
const WIDTH_MIN = 2.4;
const LEFT_OUT = new Set(['(idle)', '(root)']);

/** Which module a frame is of: a package, a part of Node, or a file of ours. */
export function moduleOf({ url, functionName }: Frame): string {
  if (url === '') return functionName.startsWith('(') ? functionName : '(built in)';
  if (url.startsWith('node:')) return url;
  const [, of_package] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  return of_package ?? url.replace(/^.*?\/(src|test)\//, '$1/');
}

/** Whether this is time of the server: neither waiting nor the profiler's own. */
export function isWork({ functionName, url }: Frame): boolean {
  return functionName !== '(idle)' && url !== 'node:inspector';
}

function nameOf(frame: Frame): string {
  return `${frame.functionName || '(anonymous)'} · ${moduleOf(frame)}`;
}

/** Time of each stack, calls of the same function from the same place together. */
function stacksOf({ nodes, samples, timeDeltas }: Profile): Stack {
  const of_id = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const root: Stack = { name: 'all', own: false, us: 0, above: new Map() };
  const places = new Map<number, readonly Stack[]>();
  const stackOf = (id: number): readonly Stack[] => {
    const known = places.get(id);
    if (known !== undefined) return known;
    const parent = parents.get(id);
    const below = parent === undefined ? [root] : stackOf(parent);
    const frame = of_id.get(id)?.callFrame;
    const top = below.at(-1) ?? root;
    if (frame === undefined || LEFT_OUT.has(frame.functionName)) return below;
    const name = nameOf(frame);
    const own = /\/src\//.test(frame.url) && !frame.url.includes('node_modules');
    const stack = top.above.get(name) ?? { name, own, us: 0, above: new Map() };
    top.above.set(name, stack);
    const all = [...below, stack];
    places.set(id, all);
    return all;
  };
  for (const [index, id] of samples.entries()) {
    const frame = of_id.get(id)?.callFrame;
    if (frame === undefined || !isWork(frame)) continue;
    for (const stack of stackOf(id)) stack.us += timeDeltas[index] ?? 0;
  }
  return root;
}

function depthOf(stack: Stack, total: number): number {
  const drawn = [...stack.above.values()].filter(({ us }) => (us / total) * WIDTH >= WIDTH_MIN);
  return 1 + Math.max(0, ...drawn.map((each) => depthOf(each, total)));
}

/** The picture of where this time went, `requests` of them. Ours is coloured. */
export function flameGraph(profile: Profile, title: string, requests: number): string {
  const root = stacksOf(profile);
  const height = TITLE_HEIGHT + (depthOf(root, root.us) + 1) * FRAME_HEIGHT;
  const frames: string[] = [];
  const draw = (stack: Stack, x: number, depth: number): void => {
    const width = (stack.us / root.us) * WIDTH;
    if (width < WIDTH_MIN) return;
    const y = height - (depth + 1) * FRAME_HEIGHT;
    const us = (stack.us / requests).toFixed(2);
    const text = stack.name.slice(0, Math.max(0, Math.floor(width / CHARACTER_WIDTH) - 1));
    frames.push(
      `<g><title>${escaped(stack.name)}: ${us} µs a request, ${((100 * stack.us) / root.us).toFixed(1)} %</title>` +
        `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${FRAME_HEIGHT - 1}" class="${stack.own ? 'own' : 'other'}"/>` +
        `${text.length > 2 ? `<text x="${(x + 3).toFixed(1)}" y="${y + 12}">${escaped(text)}</text>` : ''}</g>`,
    );
    let next = x;
    for (const above of [...stack.above.values()].toSorted((a, b) => b.us - a.us)) {
      draw(above, next, depth + 1);
      next += (above.us / root.us) * WIDTH;
    }
  };
  draw(root, 0, 0);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<style>
  .paper { fill: #ffffff } text { font: 11px ui-monospace, monospace; fill: #1f2328 } .own { fill: #f0883e } .other { fill: #c9d1d9 }
</style>
<rect class="paper" width="${WIDTH}" height="${height}"/>
<text x="4" y="18" style="font-size: 14px">${escaped(title)}; ours is orange</text>
${frames.join('\n')}
</svg>
`;
}
