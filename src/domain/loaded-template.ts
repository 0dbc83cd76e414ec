// Which path templates a catalogue may declare: those that a request can match, each of them in one way (C3).

import { shown } from './document-fault.ts';
import { readTemplate } from './template.ts';

const CHARACTERS_MAX = 2048;
const SEGMENTS_MAX = 100;
/** What no path that is accepted ever holds (path.ts), or what is no path. */
const NEVER_IN_PATH = /[\\;%?#\p{Cc}]/u;

function parametersFault(segment: string): string | null {
  const [step] = readTemplate(`/${segment}`).steps;
  if (step === undefined) return null;
  if (step.literals.some((text) => /[{}]/.test(text))) return `has a brace too many in ${shown(segment)}`;
  if (step.names.some((name) => name === '')) return `has a parameter without a name in ${shown(segment)}`;
  if (step.literals.slice(1, -1).includes('')) return `must have text between the parameters of ${shown(segment)}`;
  return null;
}

/** Why this is no template that can be loaded, as the end of a sentence; null where it is one. @rule C2, C3 */
export function templateFault(template: string): string | null {
  if (!template.startsWith('/')) return 'must begin with `/`';
  if (template.length > CHARACTERS_MAX) return `must have at most ${CHARACTERS_MAX} characters`;
  if (NEVER_IN_PATH.test(template)) return 'must not contain `?`, `#`, `%`, `;`, `\\` or control characters';
  const segments = template.slice(1).split('/');
  if (segments.length > SEGMENTS_MAX) return `must have at most ${SEGMENTS_MAX} segments`;
  if (segments.slice(0, -1).includes('')) return 'must not contain `//`';
  if (segments.some((segment) => segment === '.' || segment === '..'))
    return 'must not contain `.` or `..` as a segment';
  const names = readTemplate(template).steps.flatMap((step) => step.names);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) return `names the parameter ${shown(repeated)} twice`;
  return segments.map(parametersFault).find((fault) => fault !== null) ?? null;
}
