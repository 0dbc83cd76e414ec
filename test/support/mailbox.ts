// A mailer that keeps the last mail, where it is not about how mails are sent.

import type { Mailer } from '../../src/mailer.ts';

export function mailbox(): { readonly mailer: Mailer; readonly lastMail: () => string } {
  let last = '';
  const mailer: Mailer = {
    send: async ({ text }) => {
      last = text;
      return 'taken';
    },
  };
  return { mailer, lastMail: () => last };
}
