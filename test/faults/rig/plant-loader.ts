// Loaded into a node before all else: changes the texts of the files that a plant names. One that is not found ends the process: a
// control that plants nothing must not pass for one.

import { registerHooks } from 'node:module';
import { type Edit, PLANTED, PLANTS, type Plant } from './plants.ts';

const ROOT = new URL('../../../', import.meta.url).href;
const edits: readonly Edit[] = PLANTS[process.env[PLANTED] as Plant];

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    const meant = edits.filter(({ file }) => url === `${ROOT}${file}`);
    if (meant.length === 0) return loaded;
    let text = String(loaded.source);
    for (const { file, from, to } of meant) {
      if (!text.includes(from)) throw new Error(`nothing to plant in ${file}: ${from}`);
      text = text.replace(from, () => to);
    }
    return { ...loaded, source: text };
  },
});
