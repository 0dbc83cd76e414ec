// The guides for backend services are true: of AuthZEN, and of token exchange.

import t from 'tap';
import { checkGuide } from './support/guide.ts';

t.test('the commands of the guide of AuthZEN print what it says', async (t) => {
  const steady = (text: string): string =>
    text
      .replace(/"next_token": "[A-Za-z0-9_-]+"/g, '"next_token": "TOKEN"')
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'MOMENT');
  await checkGuide(t, { name: 'authzen.md', commands_min: 15, steady });
});

t.test('T3: the commands of the guide of token exchange print what it says', async (t) => {
  const steady = (text: string): string =>
    text
      .replace(/gthx_[0-9A-Za-z]+/g, 'gthx_TEXT')
      .replace(/client_[0-9A-Za-z]{20}/g, 'client_X')
      .replace(/"(iat|exp)": \d+/g, '"$1": 0');
  await checkGuide(t, { name: 'token-exchange.md', commands_min: 25, steady });
});
