// The guides are true: their commands are run one after the other against the service, and print what they say, but for what
// is new each time (texts of tokens, moments, the port).

import t from 'tap';
import { checkGuide } from './support/guide.ts';

const GUIDES = [
  ['administration.md', 'P1, P2, P3, P4, P5, P7: the commands of the guide for administrators print what it says'],
  ['catalogue.md', 'C1, C2: the commands of the guide to catalogues print what it says'],
] as const;

function steady(text: string): string {
  return text
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, 'http://127.0.0.1:8080')
    .replace(/gth(?:[psc]_|_pat_)[0-9A-Za-z_]+/g, 'TOKEN')
    .replace(/"request_id": "[^"]+"/g, '"request_id": "ID"')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'MOMENT');
}

for (const [name, title] of GUIDES) t.test(title, (t) => checkGuide(t, { name, commands_min: 20, steady }));
